"""Turning what somebody wants into an order, for both doors."""

from collections.abc import Mapping
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.peers.language import Customer, Item, Line, OrderCreated, Placed, PlaceOrder
from bench.peers.tables import Order, OrderEvent, OrderLine, Product, User


def order_of(asked: PlaceOrder, user: User, products: Mapping[UUID, Product]) -> Order:
    """Return the order at today's prices."""
    total = sum(products[item.product_id].price * item.quantity for item in asked.order_items)
    currency = products[asked.order_items[0].product_id].currency
    return Order(
        id=uuid7(),
        user_id=user.id,
        customer_name=user.name,
        customer_email=user.email,
        total=total,
        currency=currency,
        payment_method=asked.payment_method,
        lines=[_line(position, item, products) for position, item in enumerate(asked.order_items)],
        events=[OrderEvent(kind="order.accepted", detail={"status": "PENDING", "total": total, "currency": currency})],
    )


def created(order: Order) -> OrderCreated:
    """Return what is said of a new order."""
    return OrderCreated(
        order_id=order.id,
        customer=Customer(user_id=order.user_id, name=order.customer_name, email=order.customer_email),
        lines=[
            Line(product_id=line.product_id, name=line.name, quantity=line.quantity, unit_price=line.unit_price)
            for line in order.lines
        ],
        total=order.total,
        currency=order.currency,
        payment_method=order.payment_method,
    )


def placed(order: Order) -> Placed:
    """Return what the caller is told."""
    return Placed(id=order.id, status="PENDING", total=order.total, currency=order.currency)


def _line(position: int, item: Item, products: Mapping[UUID, Product]) -> OrderLine:
    product = products[item.product_id]
    return OrderLine(
        position=position,
        product_id=product.id,
        name=product.name,
        quantity=item.quantity,
        unit_price=product.price,
    )
