"""The shipping room: a paid order is prepared and dispatched, and delivered by the clock or by a carrier's word."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCancellationRequested
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.shipping import agents, rules, stopping, store

room = Room("Shipping", says=(OrderShipped, OrderDelivered))


@room.on
async def prepare(paid: Batch[PaymentCompleted], tx: AsyncConnection, settings: Settings) -> None:
    """Begin a shipment for each order, by the least busy agent."""
    await store.claim(tx, paid.subjects)
    busy = await agents.least_busy(tx, len(paid))
    await store.prepare(tx, paid, rules.assign(paid.subjects, busy), settings.handling_seconds)


@room.on
async def stop(
    asked: Batch[OrderCancellationRequested], tx: AsyncConnection
) -> Sequence[ShippingStopped | ShippingNotStopped]:
    """Keep here what has not left, also what would come later; say of each order whether it was in time."""
    stand = await stopping.stop(tx, dict(zip(asked.subjects, asked.ids, strict=True)))
    return [rules.answer(order, status) for order, status in stand.items()]


@room.every(0.25)
async def dispatch(tx: AsyncConnection, limit: int, settings: Settings) -> Sequence[OrderShipped]:
    """Send off what has been prepared long enough."""
    return await store.dispatch(tx, limit, rules.transit(settings))


@room.every(0.25)
async def deliver(tx: AsyncConnection, limit: int, settings: Settings) -> Sequence[OrderDelivered]:
    """Let the simulated carrier arrive; a real one reports by itself."""
    return await store.deliver(tx, limit) if rules.is_simulated(settings) else []
