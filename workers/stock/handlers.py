"""Stock listens: an order wants stock, a payment decides what becomes of what is held."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCreated
from messages.payment import PaymentCompleted, PaymentFailed
from messages.stock import StockNotReserved, StockReleased, StockReserved
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.stock import reservations, rules, store

room = Room("Stock")


@room.on
async def reserve(
    orders: Batch[OrderCreated], tx: AsyncConnection, settings: Settings
) -> Sequence[StockReserved | StockNotReserved]:
    """Hold what the orders want, or say what is missing; an order that has a reservation gets no other."""
    claims = await reservations.claim(tx, orders.subjects, seconds=settings.reservation_seconds)
    fresh = [order for order in orders if order.order_id in claims]
    allotments = rules.allot(fresh, await store.lock_products(tx, fresh))
    await reservations.hold(tx, claims, allotments)
    return [allotment.answer for allotment in allotments]


@room.on
async def commit(payments: Batch[PaymentCompleted], tx: AsyncConnection) -> None:
    """Paid: what is held leaves the house."""
    moved = await reservations.move(tx, payments.subjects, rules.MOVES[PaymentCompleted])
    await reservations.take_out(tx, moved.lines)


@room.on
async def release(failures: Batch[PaymentFailed], tx: AsyncConnection) -> Sequence[StockReleased]:
    """Not paid: what is held is for sale again."""
    moved = await reservations.move(tx, failures.subjects, rules.MOVES[PaymentFailed])
    await reservations.put_back(tx, moved.lines)
    return [StockReleased(order_id=order) for order in moved.orders]
