"""What every room knows of an order, put together: who asks at the same time is answered from the same few queries."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.databases import Databases
from gateway.post import Post
from workers.dead import timeline as dead
from workers.notification import views as notification
from workers.order import views as order
from workers.order.rules import ENDS, Status
from workers.payment import views as payment
from workers.runtime.coalesce import Coalescer
from workers.runtime.settings import OPERATIONS
from workers.runtime.timeline import Entry, Told
from workers.shipping import views as shipping
from workers.stock import views as stock

GROUP = 100
CONCURRENCY = 2
TELLERS: Mapping[str, Callable[[AsyncConnection, Sequence[UUID]], Awaitable[Told]]] = {
    "order": order.timelines,
    "stock": stock.timelines,
    "payment": payment.timelines,
    "shipping": shipping.timelines,
    "notification": notification.timelines,
    OPERATIONS: dead.timelines,
}


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order stands, and everything that happened to it until then, oldest first."""

    status: Status
    entries: tuple[Entry, ...]

    @property
    def has_ended(self) -> bool:
        """Whether the order stands where it will stay."""
        return self.status in ENDS


class Stories:
    """Reads the stories of orders, many at a time."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._coalescer = Coalescer(self._read, limit=GROUP, concurrency=CONCURRENCY)

    async def read(self, order_id: UUID) -> Story | None:
        """Return the story of one order, if there is such an order."""
        return await self._coalescer(order_id)

    async def close(self) -> None:
        """Wait for those who are on their way."""
        await self._coalescer.drain()

    async def _read(self, asked: list[UUID]) -> Sequence[Story | None]:
        """Read the statuses first: what led to an end is then among what the rooms tell."""
        orders = sorted(set(asked))
        async with self._databases.transactions(*TELLERS) as rooms:
            statuses = await order.statuses(rooms[0], orders)
            post = await Post.read(list(dict.fromkeys(rooms)), orders)
            told = [await tell(tx, orders) for tell, tx in zip(TELLERS.values(), rooms, strict=True)]
        sources = [post.handled, *told, post.failed, post.waiting]
        stories = {
            order_id: Story(status=status, entries=_sorted(order_id, sources, post.causes))
            for order_id, status in statuses.items()
        }
        return [stories.get(order_id) for order_id in asked]


def _sorted(order_id: UUID, sources: Sequence[Told], causes: Mapping[UUID, UUID]) -> tuple[Entry, ...]:
    """Sort by time; what happened in one transaction stays in the order of the sources, causes before effects."""
    entries = (_caused(entry, causes) for source in sources for entry in source.get(order_id, ()))
    return tuple(sorted(entries, key=lambda entry: entry.at))


def _caused(entry: Entry, causes: Mapping[UUID, UUID]) -> Entry:
    if entry.message_id is None or entry.causation_id is not None or entry.message_id not in causes:
        return entry
    return msgspec.structs.replace(entry, causation_id=causes[entry.message_id])
