"""Pausing queues by hand: without the gateway, and whether or not a worker is there to hear of it."""

from ops.errors import OpsError
from ops.survey.survey import QUEUES, Transactions
from workers.runtime import pauses
from workers.runtime.pauses import Pause
from workers.runtime.settings import OPERATIONS


def require(queue: str) -> None:
    """Refuse a queue that no room has.

    Raises:
        OpsError: with those that there are.
    """
    if queue not in QUEUES:
        raise OpsError(f"there is no queue {queue}; there are {', '.join(QUEUES)}")


async def pause(transaction: Transactions, queue: str, *, by: str, why: str | None) -> Pause:
    """Pause a queue for every worker."""
    async with transaction(OPERATIONS) as tx:
        return await pauses.pause(tx, queue, by=by, why=why)


async def resume(transaction: Transactions, queue: str) -> None:
    """End the pause of a queue."""
    async with transaction(OPERATIONS) as tx:
        await pauses.resume(tx, queue)
