"""Taking letters off a dead queue: into the table first, and only then acknowledged."""

from collections.abc import Sequence

from structlog.stdlib import get_logger

from workers.dead import store
from workers.dead.forwarding import Forwarding
from workers.dead.found import read
from workers.runtime.database import Database
from workers.runtime.delivery import Delivery
from workers.runtime.errands import raise_if_outage
from workers.runtime.intake import Intake
from workers.runtime.verdict import Blocked, Outage, describe, where

log = get_logger(__name__)


class Keeper:
    """Keeps what arrives from one dead queue, but for what only went astray."""

    def __init__(self, queue: str, database: Database, forwarding: Forwarding) -> None:
        self._queue = queue
        self._database = database
        self._forwarding = forwarding

    async def carry(self, deliveries: Sequence[Delivery], intake: Intake) -> None:
        """Write down a set and acknowledge it.

        Raises:
            Outage: when the database cannot be reached; nothing was acknowledged that is not written down.
        """
        try:
            await self._keep([delivery for delivery in deliveries if intake.holds(delivery)])
        except Exception as error:  # noqa: BLE001 - an outage is raised, and anything else is one letter's
            raise_if_outage(error)
            if len(deliveries) == 1:
                self._leave(error)
                return
            for delivery in deliveries:
                await self.carry([delivery], intake)
        else:
            await intake.settle(deliveries)

    async def carry_apart(self, deliveries: Sequence[Delivery], intake: Intake) -> None:
        """Write down each alone, and take what looks like an outage for its own failure."""
        for delivery in deliveries:
            try:
                await self.carry([delivery], intake)
            except Blocked:
                raise  # a lock is no letter's failure
            except Outage as outage:
                self._leave(outage)

    def _leave(self, error: Exception) -> None:
        """Leave a letter unacknowledged, and thereby where it is; its neighbours are not to wait for it."""
        log.error("letter stays in its queue", queue=self._queue, error=describe(error), where=where(error))

    async def _keep(self, deliveries: Sequence[Delivery]) -> None:
        dead = await self._forwarding.send([(delivery, read(delivery, self._queue)) for delivery in deliveries])
        if not dead:
            return
        async with self._database.transaction() as tx:
            kept = await store.keep(tx, dead)
        log.warning("dead letters kept", queue=self._queue, letters=kept, known_before=len(dead) - kept)
