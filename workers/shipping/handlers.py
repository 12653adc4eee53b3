"""The shipping room: a paid order is prepared; the clock dispatches and delivers it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.shipping import rules, store

room = Room("Shipping")


@room.on
async def prepare(paid: Batch[PaymentCompleted], tx: AsyncConnection, settings: Settings) -> None:
    """Begin a shipment for each order, by the least busy agent."""
    busy = await store.least_busy(tx, len(paid))
    await store.prepare(tx, paid, rules.assign(paid.subjects, busy), settings.handling_seconds)


@room.every(0.25)
async def dispatch(tx: AsyncConnection, limit: int, settings: Settings) -> Sequence[OrderShipped]:
    """Send off what has been prepared long enough."""
    return await store.dispatch(tx, limit, settings.transit_seconds)


@room.every(0.25)
async def deliver(tx: AsyncConnection, limit: int) -> Sequence[OrderDelivered]:
    """Let the simulated carrier arrive."""
    return await store.deliver(tx, limit)
