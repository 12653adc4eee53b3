"""What was not said in reply to a message: it follows from the rows of the room that said it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text

from messages import Customer, Line, Message
from messages.order import OrderCancellationRequested, OrderCreated
from messages.shipping import OrderDelivered, OrderShipped
from messages.stock import StockReservationExpired

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
    Origin("stock", "stock", _EXPIRED, lambda row: StockReservationExpired(order_id=row.order_id)),
)
