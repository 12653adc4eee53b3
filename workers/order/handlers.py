"""The order room listens: it records what the others did, moves orders forward, and says when one has failed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderFailed
from messages.payment import PaymentCompleted, PaymentFailed
from messages.shipping import OrderDelivered, OrderShipped
from messages.stock import StockNotReserved, StockReleased, StockReserved
from workers.order import history, store
from workers.order.rules import Status
from workers.runtime.batch import Batch
from workers.runtime.room import Room

room = Room("Order")


@room.on
async def reserved(said: Batch[StockReserved], tx: AsyncConnection) -> None:
    """Stock is held; a partial order goes on without the lines that are short."""
    await _forward(said, tx, Status.RESERVED)
    partial = [message for message in said if message.short]
    short = [(message.order_id, shortage.product_id) for message in partial for shortage in message.short]
    await store.drop_lines(tx, short, {message.order_id: message.amount for message in partial})


@room.on
async def not_reserved(said: Batch[StockNotReserved], tx: AsyncConnection) -> Sequence[OrderFailed]:
    """There is no stock: the order has failed."""
    return await _fail(said, tx)


@room.on
async def paid(said: Batch[PaymentCompleted], tx: AsyncConnection) -> None:
    """The order is complete: reserved and paid."""
    await _forward(said, tx, Status.COMPLETED)


@room.on
async def not_paid(said: Batch[PaymentFailed], tx: AsyncConnection) -> Sequence[OrderFailed]:
    """It will not be paid: the order has failed."""
    return await _fail(said, tx)


@room.on
async def released(said: Batch[StockReleased], tx: AsyncConnection) -> None:
    """Nothing is held any more; that counts also when it is heard before a cancel."""
    await store.note_stock_back(tx, said.subjects)
    await history.add(tx, history.heard(said, moved=set()))


@room.on
async def shipped(said: Batch[OrderShipped], tx: AsyncConnection) -> None:
    """The order has left the house."""
    await _forward(said, tx, Status.IN_TRANSIT)


@room.on
async def delivered(said: Batch[OrderDelivered], tx: AsyncConnection) -> None:
    """The order has arrived."""
    await _forward(said, tx, Status.DELIVERED)


async def _forward(said: Batch[Any], tx: AsyncConnection, step: Status) -> None:
    moved = await store.forward(tx, said.subjects, step)
    await history.add(tx, history.heard(said, moved, step))


async def _fail(said: Batch[Any], tx: AsyncConnection) -> list[OrderFailed]:
    moved = await store.fail(tx, {message.order_id: message.reason for message in said})
    await history.add(tx, history.heard(said, moved, Status.FAILED))
    return [
        OrderFailed(order_id=message.order_id, reason=message.reason) for message in said if message.order_id in moved
    ]
