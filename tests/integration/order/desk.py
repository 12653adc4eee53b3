"""An order room to try things on: new orders, and what is heard of them, each batch in a transaction of its own."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from messages import Customer, Line, Message, OrderMessage
from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefunded, PaymentRefundFailed, PaymentVoided
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from messages.stock import StockNotReserved, StockReleased, StockReserved
from workers.order import handlers, store, views
from workers.order.rules import Cancel
from workers.order.store import NewOrder
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.timeline import Entry

BUYER = Customer(user_id=uuid7(), name="Ada", email="ada@example.org")

HANDLERS: dict[type[OrderMessage], Callable[..., Awaitable[Sequence[Message] | None]]] = {
    StockReserved: handlers.reserved,
    StockNotReserved: handlers.not_reserved,
    StockReleased: handlers.released,
    PaymentCompleted: handlers.paid,
    PaymentFailed: handlers.not_paid,
    OrderShipped: handlers.shipped,
    OrderDelivered: handlers.delivered,
    ShippingStopped: handlers.stopped,
    ShippingNotStopped: handlers.not_stopped,
    PaymentVoided: handlers.voided,
    PaymentRefunded: handlers.refunded,
    PaymentRefundFailed: handlers.not_refunded,
}
Fact = Callable[[UUID], OrderMessage]


def reserved(order_id: UUID) -> StockReserved:
    return StockReserved(order_id=order_id, amount=700, currency="EUR", payment_method="tok_ok")


def not_reserved(order_id: UUID) -> StockNotReserved:
    return StockNotReserved(order_id=order_id, reason="out_of_stock")


def released(order_id: UUID) -> StockReleased:
    return StockReleased(order_id=order_id)


def paid(order_id: UUID) -> PaymentCompleted:
    return PaymentCompleted(order_id=order_id, payment_id=UUID(int=1), amount=700, currency="EUR")


def not_paid(order_id: UUID) -> PaymentFailed:
    return PaymentFailed(order_id=order_id, reason="payment_declined")


def shipped(order_id: UUID) -> OrderShipped:
    return OrderShipped(order_id=order_id, shipment_id=UUID(int=2), tracking_number="OF-1")


def delivered(order_id: UUID) -> OrderDelivered:
    return OrderDelivered(order_id=order_id, shipment_id=UUID(int=2))


def stopped(order_id: UUID) -> ShippingStopped:
    return ShippingStopped(order_id=order_id)


def not_stopped(order_id: UUID) -> ShippingNotStopped:
    return ShippingNotStopped(order_id=order_id)


def voided(order_id: UUID) -> PaymentVoided:
    return PaymentVoided(order_id=order_id)


def refunded(order_id: UUID) -> PaymentRefunded:
    return PaymentRefunded(order_id=order_id, amount=700, currency="EUR")


def not_refunded(order_id: UUID) -> PaymentRefundFailed:
    return PaymentRefundFailed(order_id=order_id, reason="provider_unavailable")


def new_order(**changes: Any) -> NewOrder:
    """Two apples and one pear, for 700."""
    lines = (
        Line(product_id=uuid7(), name="apple", quantity=2, unit_price=250),
        Line(product_id=uuid7(), name="pear", quantity=1, unit_price=200),
    )
    values: dict[str, Any] = {
        "id": uuid7(),
        "customer": BUYER,
        "lines": lines,
        "total": 700,
        "currency": "EUR",
        "payment_method": "tok_ok",
        "allow_partial": False,
        "shipping_address": None,
        "submit": True,
        "created_at": datetime.now(UTC),
    }
    return NewOrder(**{**values, **changes})


class Desk:
    """The order room on a database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def accept(self, *orders: NewOrder) -> None:
        async with self.database.transaction() as tx:
            await store.accept(tx, orders)

    async def accepted(self, **changes: Any) -> UUID:
        """Accept one order and return its id."""
        order = new_order(**changes)
        await self.accept(order)
        return order.id

    async def hear(self, *messages: OrderMessage) -> Sequence[Message]:
        """Handle messages of one type as one batch."""
        async with self.database.transaction() as tx:
            return await HANDLERS[type(messages[0])](Batch(messages), tx) or []

    async def cancel(self, order_id: UUID) -> Cancel:
        async with self.database.transaction() as tx:
            return await store.request_cancel(tx, order_id)

    async def get(self, order_id: UUID) -> views.Order:
        async with self.database.transaction() as tx:
            found = await views.get(tx, order_id)
        assert found is not None
        return found

    async def timeline(self, order_id: UUID) -> list[Entry]:
        async with self.database.transaction() as tx:
            return await views.timeline(tx, order_id)
