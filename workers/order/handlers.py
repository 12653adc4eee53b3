"""The order room listens: it records what the others did, moves orders forward, and says where one has ended."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCancelled, OrderFailed
from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefunded, PaymentRefundFailed, PaymentVoided
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from messages.stock import StockNotReserved, StockReleased, StockReserved
from workers.order import facts, history
from workers.order.rules import Status
from workers.runtime.batch import Batch
from workers.runtime.room import Room

room = Room("Order")


@room.on
async def reserved(said: Batch[StockReserved], tx: AsyncConnection) -> None:
    """Stock is held; a partial order goes on without the lines that are short."""
    await _forward(said, tx)
    partial = [message for message in said if message.short]
    short = [(message.order_id, shortage.product_id) for message in partial for shortage in message.short]
    await facts.drop_lines(tx, short, {message.order_id: message.amount for message in partial})


@room.on
async def not_reserved(said: Batch[StockNotReserved], tx: AsyncConnection) -> Sequence[OrderFailed]:
    """There is no stock: the order has failed."""
    return await _fail(said, tx)


@room.on
async def paid(said: Batch[PaymentCompleted], tx: AsyncConnection) -> None:
    """The order is complete: reserved and paid."""
    await _forward(said, tx)


@room.on
async def not_paid(said: Batch[PaymentFailed], tx: AsyncConnection) -> Sequence[OrderFailed]:
    """It will not be paid: the order has failed."""
    return await _fail(said, tx)


@room.on
async def shipped(said: Batch[OrderShipped], tx: AsyncConnection) -> None:
    """The order has left the house."""
    await _forward(said, tx)


@room.on
async def delivered(said: Batch[OrderDelivered], tx: AsyncConnection) -> None:
    """The order has arrived."""
    await _forward(said, tx)


@room.on
async def stopped(said: Batch[ShippingStopped], tx: AsyncConnection) -> Sequence[OrderCancelled]:
    """The cancel is in time: everybody gives back what they have."""
    await history.add(tx, history.heard(said, {}))
    return [OrderCancelled(order_id=order) for order in await facts.cancelling(tx, said.subjects)]


@room.on
async def not_stopped(said: Batch[ShippingNotStopped], tx: AsyncConnection) -> Sequence[OrderCancellationRejected]:
    """The cancel is too late: the order goes on."""
    moved = await facts.resume(tx, said.subjects)
    await history.add(tx, history.heard(said, moved))
    return [OrderCancellationRejected(order_id=order) for order in moved]


@room.on
async def released(said: Batch[StockReleased], tx: AsyncConnection) -> Sequence[OrderCancellationConfirmed]:
    """Nothing is held any more; that counts also when it is heard before a cancel."""
    return await _give_back(said, tx, "stock")


@room.on
async def voided(said: Batch[PaymentVoided], tx: AsyncConnection) -> Sequence[OrderCancellationConfirmed]:
    """No money was kept; that counts whenever it is heard."""
    return await _give_back(said, tx, "money")


@room.on
async def refunded(said: Batch[PaymentRefunded], tx: AsyncConnection) -> Sequence[OrderCancellationConfirmed]:
    """The money is with the customer again; that counts whenever it is heard."""
    return await _give_back(said, tx, "money")


@room.on
async def not_refunded(said: Batch[PaymentRefundFailed], tx: AsyncConnection) -> None:
    """The money could not be given back: the cancel waits for an operator."""
    await history.add(tx, history.heard(said, {}))


async def _forward(said: Batch[Any], tx: AsyncConnection) -> None:
    moved = await facts.forward(tx, said.subjects, on=said[0].type())
    await history.add(tx, history.heard(said, moved))


async def _fail(said: Batch[Any], tx: AsyncConnection) -> list[OrderFailed]:
    moved = await facts.fail(tx, {message.order_id: message.reason for message in said}, on=said[0].type())
    await history.add(tx, history.heard(said, dict.fromkeys(moved, Status.FAILED)))
    return [
        OrderFailed(order_id=message.order_id, reason=message.reason) for message in said if message.order_id in moved
    ]


async def _give_back(said: Batch[Any], tx: AsyncConnection, what: facts.Back) -> list[OrderCancellationConfirmed]:
    moved = await facts.give_back(tx, said.subjects, what, on=said[0].type())
    await history.add(tx, history.heard(said, dict.fromkeys(moved, Status.CANCELLED)))
    return [OrderCancellationConfirmed(order_id=order) for order in moved]
