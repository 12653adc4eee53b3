"""What both peers write, as mapped objects; they differ only in who awaits the session."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.peers.language import OrderCreated, OrderShipped, PaymentCompleted, StockReserved
from bench.peers.outcomes import (
    Agent,
    LedgerEntry,
    Notification,
    Payment,
    PaymentAttempt,
    Recipient,
    Reservation,
    ReservationLine,
    Shipment,
    ShipmentEvent,
)
from bench.peers.tables import Order, OrderEvent, Product

RANKS = ("PENDING", "RESERVED", "COMPLETED", "IN_TRANSIT", "DELIVERED")
RESERVATION = timedelta(minutes=15)


class OutOfStock(Exception):  # noqa: N818 - reads as what it says
    """There is not enough; in the bench there always is."""


def reserve(order: OrderCreated, products: Sequence[Product]) -> Reservation:
    """Hold what an order wants, of products that are locked."""
    wanted: Counter[UUID] = Counter()
    for line in order.lines:
        wanted[line.product_id] += line.quantity
    for product in products:
        if product.on_hand - product.reserved < wanted[product.id]:
            raise OutOfStock(product.name)
        product.reserved += wanted[product.id]
    return Reservation(
        order_id=order.order_id,
        expires_at=datetime.now(UTC) + RESERVATION,
        lines=[
            ReservationLine(position=position, product_id=line.product_id, quantity=line.quantity)
            for position, line in enumerate(order.lines)
        ],
    )


def take_out(reservation: Reservation, products: Sequence[Product]) -> list[LedgerEntry]:
    """Let what was held leave the house; products are locked."""
    reservation.status = "COMMITTED"
    reservation.committed_at = datetime.now(UTC)
    known = {product.id: product for product in products}
    for line in reservation.lines:
        known[line.product_id].on_hand -= line.quantity
        known[line.product_id].reserved -= line.quantity
    return [
        LedgerEntry(product_id=line.product_id, kind="committed", delta=-line.quantity, order_id=reservation.order_id)
        for line in reservation.lines
    ]


def pay(held: StockReserved) -> Payment:
    """Record a payment: nobody is asked for the money."""
    return Payment(
        id=uuid7(),
        order_id=held.order_id,
        amount=held.amount,
        currency=held.currency,
        method=held.payment_method,
        status="COMPLETED",
        attempts_made=[PaymentAttempt(outcome="charged")],
    )


def ship(paid: PaymentCompleted, agent: Agent) -> Shipment:
    """Send an order off, by an agent who is locked."""
    agent.busy += 1
    shipment = uuid7()
    return Shipment(
        id=shipment,
        order_id=paid.order_id,
        status="IN_TRANSIT",
        agent_id=agent.id,
        tracking_number=f"OF{shipment.hex[-16:].upper()}",
        events=[ShipmentEvent(status="PREPARING"), ShipmentEvent(status="IN_TRANSIT")],
    )


def forward(order: Order, to: str, on: str, detail: dict[str, Any]) -> OrderEvent:
    """Take a locked order up to a status, never down, and write its history."""
    if RANKS.index(to) > RANKS.index(order.furthest):
        order.status = order.furthest = to
    return OrderEvent(order_id=order.id, kind=on, detail={**detail, "status": order.status})


def recipient(order: OrderCreated) -> Recipient:
    """Remember whom to write to."""
    customer = order.customer
    return Recipient(about=order.order_id, user_id=customer.user_id, name=customer.name, email=customer.email)


def order_confirmation(order: OrderCreated) -> Notification:
    """Write down that the order was accepted; nobody sends it, nor what follows."""
    lines = [{"name": line.name, "quantity": line.quantity} for line in order.lines]
    detail = {"lines": lines, "total": order.total, "currency": order.currency}
    return Notification(about=order.order_id, order_id=order.order_id, template="order.created", detail=detail)


def payment_confirmation(paid: PaymentCompleted) -> Notification:
    """Write down that it is paid."""
    detail = {"amount": paid.amount, "currency": paid.currency}
    return Notification(about=paid.order_id, order_id=paid.order_id, template="payment.completed", detail=detail)


def parcel_news(shipped: OrderShipped) -> Notification:
    """Write down how to follow the parcel."""
    detail = {"trackingNumber": shipped.tracking_number}
    return Notification(about=shipped.order_id, order_id=shipped.order_id, template="order.shipped", detail=detail)
