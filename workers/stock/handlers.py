"""Stock listens: an order wants stock, a payment or a cancel decides what becomes of what is held."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCancelled, OrderCreated
from messages.payment import PaymentCompleted, PaymentFailed
from messages.stock import (
    StockDepleted,
    StockLevelChanged,
    StockLow,
    StockNotReserved,
    StockReleased,
    StockReservationExpired,
    StockReserved,
)
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.stock import by_hand, levels, reservations, rules, shelves

JUST_NOW = timedelta(minutes=1)
EVER = timedelta(days=36_500)
room = Room("Stock", says=(StockLow, StockDepleted))


@room.on
async def reserve(
    orders: Batch[OrderCreated], tx: AsyncConnection, settings: Settings
) -> Sequence[StockReserved | StockNotReserved]:
    """Hold what the orders want, or say what is missing; an order that has a reservation gets no other."""
    claims = await reservations.claim(tx, orders.subjects, seconds=settings.reservation_seconds)
    fresh = [order for order in orders if order.order_id in claims]
    allotments = rules.allot(fresh, await shelves.lock(tx, _products(fresh)))
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


@room.on
async def cancel(cancels: Batch[OrderCancelled], tx: AsyncConnection) -> Sequence[StockReleased]:
    """Cancelled: whatever the order had is for sale again, and it gets nothing later."""
    await reservations.bury(tx, cancels.subjects)
    moved = await reservations.move(tx, cancels.subjects, rules.MOVES[OrderCancelled])
    await reservations.put_back(tx, moved.lines)
    return [StockReleased(order_id=order) for order in cancels.subjects]


@room.every(1)
async def expire(tx: AsyncConnection, limit: int) -> Sequence[StockReservationExpired]:
    """Ask payment to give up on what has just expired; stock stays held until it has answered."""
    return await _ask(tx, limit, since=JUST_NOW, until=timedelta())


@room.every(1)
async def lapse(tx: AsyncConnection, limit: int) -> None:
    """Put back what was reserved by hand and has expired: nobody has to be asked."""
    await by_hand.lapse(tx, limit)


@room.every(1)
async def announce(tx: AsyncConnection, limit: int) -> Sequence[StockLevelChanged]:
    """Say what has changed since the last time, product by product, however many orders changed it."""
    return await levels.take(tx, limit)


@room.every(300)
async def sweep(tx: AsyncConnection, limit: int) -> Sequence[StockReservationExpired]:
    """Ask about what expired while nobody looked. It reads everything there ever was, so it is done rarely."""
    return await _ask(tx, limit, since=EVER, until=JUST_NOW)


def _products(orders: Iterable[OrderCreated]) -> set[UUID]:
    return {line.product_id for order in orders for line in order.lines}


async def _ask(
    tx: AsyncConnection, limit: int, *, since: timedelta, until: timedelta
) -> Sequence[StockReservationExpired]:
    overdue = await reservations.overdue(tx, limit, since=since, until=until)
    return [StockReservationExpired(order_id=order) for order in overdue]
