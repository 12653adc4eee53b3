"""What was not said in reply to a message: it follows from the rows of the room that said it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text

from messages import Customer, Line, Message
from messages.order import OrderCancellationRequested, OrderCreated
from messages.shipping import OrderDelivered, OrderShipped
from messages.stock import StockReservationExpired
from workers.payment import saying
from workers.payment import store as payments
from workers.payment.intent import Status
from workers.payment.rules import WHY_GIVEN_UP

_CREATED = text("""
    SELECT o.id, o.user_id, o.customer_name, o.customer_email, o.total, o.currency, o.payment_method, o.allow_partial,
           json_agg(json_build_object('product_id', l.product_id, 'name', l.name, 'quantity', l.quantity,
                                      'unit_price', l.unit_price) ORDER BY l.position) AS lines
      FROM "order"."order" o JOIN "order".line l ON l.order_id = o.id
     WHERE o.id = ANY(cast(:orders AS uuid[])) AND o.status <> 'DRAFT'
     GROUP BY o.id ORDER BY o.id
""")
_CANCELLING = text("""
    SELECT id FROM "order"."order" WHERE id = ANY(cast(:orders AS uuid[])) AND status = 'CANCELLING' ORDER BY id
""")
_LEFT = text("""
    SELECT id, order_id, tracking_number FROM shipping.shipment
     WHERE order_id = ANY(cast(:orders AS uuid[])) AND status IN ('IN_TRANSIT', 'DELIVERED') ORDER BY order_id
""")
_ARRIVED = text("""
    SELECT id, order_id FROM shipping.shipment
     WHERE order_id = ANY(cast(:orders AS uuid[])) AND status = 'DELIVERED' ORDER BY order_id
""")
_PAID = text("""
    SELECT id, order_id, amount, currency, method, cast(short AS text) AS short, give_up, reference, status,
           failure_reason, elsewhere, unsaid, refund_by
      FROM payment.payment
     WHERE order_id = ANY(cast(:orders AS uuid[])) AND NOT unsaid
       AND status IN ('COMPLETED', 'FAILED', 'VOIDED', 'REFUNDING', 'REFUNDED')
     ORDER BY order_id
""")
_OF_A_PAYMENT: Mapping[Status, saying.Saying] = {
    "COMPLETED": saying.completed,
    "FAILED": saying.failed,
    "VOIDED": saying.failed,
    "REFUNDING": saying.refund_due,
    "REFUNDED": saying.refunded,
}
_EXPIRED = text("""
    SELECT order_id FROM stock.reservation
     WHERE order_id = ANY(cast(:orders AS uuid[])) AND status = 'HELD' AND expires_at < now() ORDER BY order_id
""")


@dataclass(frozen=True, slots=True)
class Origin:
    """A message that begins something: who says it, in which room's database that stands, and how it is read there."""

    said_by: str
    room: str
    query: TextClause
    message: Callable[[Any], Message]


def _created(row: Any) -> OrderCreated:
    return OrderCreated(
        order_id=row.id,
        customer=Customer(user_id=row.user_id, name=row.customer_name, email=row.customer_email),
        lines=tuple(Line(**line) for line in row.lines),
        total=row.total,
        currency=row.currency,
        payment_method=row.payment_method,
        allow_partial=row.allow_partial,
    )


def _paid(row: Any) -> saying.Said:
    """Say how a payment stands: what somebody did by hand, or the provider told, was no reply to a message."""
    payment = payments.intent(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    was_cancelled = payment.give_up == "cancelled" or payment.failure_reason == WHY_GIVEN_UP["cancelled"]
    say = saying.voided if payment.status == "VOIDED" and was_cancelled else _OF_A_PAYMENT[payment.status]
    return say(payment, payment.failure_reason or "")


ORIGINS: Sequence[Origin] = (
    Origin("gateway", "order", _CREATED, _created),
    Origin("gateway", "order", _CANCELLING, lambda row: OrderCancellationRequested(order_id=row.id)),
    Origin(
        "shipping",
        "shipping",
        _LEFT,
        lambda row: OrderShipped(order_id=row.order_id, shipment_id=row.id, tracking_number=row.tracking_number),
    ),
    Origin("shipping", "shipping", _ARRIVED, lambda row: OrderDelivered(order_id=row.order_id, shipment_id=row.id)),
    Origin("payment", "payment", _PAID, _paid),
    Origin("stock", "stock", _EXPIRED, lambda row: StockReservationExpired(order_id=row.order_id)),
)
