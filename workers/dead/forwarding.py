"""Sending on what found no queue though there is one.

A node of RabbitMQ that comes back reads its queues before its routes: what leaves a rung of the ladder in that moment
is routed as if nobody took it, and lands where messages without a queue do.
"""

from collections.abc import Collection, Sequence

from structlog.stdlib import get_logger

from messages.post.topology import UNROUTED_QUEUE
from workers.dead.found import UNROUTED, Found
from workers.runtime.delivery import Delivery
from workers.runtime.parcel import onward
from workers.runtime.publisher import Publisher

log = get_logger(__name__)

Read = tuple[Delivery, Found]


class Forwarding:
    """Sends messages straight to the queue that they were meant for, when that is one of ``queues``."""

    def __init__(self, publisher: Publisher, queues: Collection[str]) -> None:
        self._publisher = publisher
        self._queues = frozenset(queues)

    async def send(self, read: Sequence[Read]) -> list[Found]:
        """Send on what can be, and return the rest: dead letters."""
        missed = [each for each in read if self._was_missed(each[1])]
        outcomes = await self._publisher.publish([onward(delivery, found.queue) for delivery, found in missed])
        sent = {found.id for (_, found), outcome in zip(missed, outcomes, strict=True) if outcome is None}
        for _, found in missed:
            if found.id in sent:
                concerned = {"queue": found.queue, "message_id": str(found.message_id), "order_id": str(found.subject)}
                log.warning("message was routed to nobody, and is sent on", **concerned)
        return [found for _, found in read if found.id not in sent]

    def _was_missed(self, found: Found) -> bool:
        """Tell whether nothing is wrong with a message but where it is."""
        return found.found_in == UNROUTED_QUEUE and found.reason == UNROUTED and found.queue in self._queues
