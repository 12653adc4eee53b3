"""Every room's tasks, each on a queue of its own name; who says something names everybody who is to hear it."""

from typing import Any

from sqlalchemy import select

from bench.peers import deeds
from bench.peers.language import Model, OrderCreated, OrderShipped, PaymentCompleted, StockReserved
from bench.peers.outcomes import Agent, Reservation
from bench.peers.tables import Order, Product
from bench.peers.with_celery.app import app
from bench.peers.with_celery.sessions import Session

Body = dict[str, Any]


@app.task(name="Stock_OrderCreated")
def reserve(body: Body) -> None:
    """Hold stock."""
    order = OrderCreated.model_validate(body)
    with Session.begin() as session:
        ids = {line.product_id for line in order.lines}
        wanted = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
        session.add(deeds.reserve(order, session.scalars(wanted).all()))
    held = StockReserved(
        order_id=order.order_id, amount=order.total, currency=order.currency, payment_method=order.payment_method
    )
    _say(held, pay, reserved)


@app.task(name="Payment_StockReserved")
def pay(body: Body) -> None:
    """Take the money."""
    held = StockReserved.model_validate(body)
    payment = deeds.pay(held)
    with Session.begin() as session:
        session.add(payment)
    said = PaymentCompleted(order_id=held.order_id, payment_id=payment.id, amount=held.amount, currency=held.currency)
    _say(said, paid, take_out, ship, confirm_payment)


@app.task(name="Stock_PaymentCompleted")
def take_out(body: Body) -> None:
    """Let what was held leave the house."""
    said = PaymentCompleted.model_validate(body)
    with Session.begin() as session:
        found = select(Reservation).where(Reservation.order_id == said.order_id).with_for_update()
        reservation = session.scalars(found).one()
        ids = {line.product_id for line in reservation.lines}
        held = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
        session.add_all(deeds.take_out(reservation, session.scalars(held).all()))


@app.task(name="Shipping_PaymentCompleted")
def ship(body: Body) -> None:
    """Send the order off, by the least busy agent who is free this moment."""
    said = PaymentCompleted.model_validate(body)
    with Session.begin() as session:
        least_busy = select(Agent).order_by(Agent.busy, Agent.id).limit(1).with_for_update(skip_locked=True)
        shipment = deeds.ship(said, session.scalars(least_busy).one())
        session.add(shipment)
    left = OrderShipped(order_id=said.order_id, shipment_id=shipment.id, tracking_number=shipment.tracking_number)
    _say(left, shipped, announce_parcel)


@app.task(name="Order_StockReserved")
def reserved(body: Body) -> None:
    """Stock is held."""
    _forward(StockReserved.model_validate(body), "RESERVED", "stock.reserved")


@app.task(name="Order_PaymentCompleted")
def paid(body: Body) -> None:
    """The order is complete: reserved and paid."""
    _forward(PaymentCompleted.model_validate(body), "COMPLETED", "payment.completed")


@app.task(name="Order_OrderShipped")
def shipped(body: Body) -> None:
    """The order has left."""
    _forward(OrderShipped.model_validate(body), "IN_TRANSIT", "order.shipped")


@app.task(name="Notification_OrderCreated")
def confirm_order(body: Body) -> None:
    """Confirm the order, and remember whom to write to about it."""
    order = OrderCreated.model_validate(body)
    with Session.begin() as session:
        session.add(deeds.recipient(order))
        session.add(deeds.order_confirmation(order))


@app.task(name="Notification_PaymentCompleted")
def confirm_payment(body: Body) -> None:
    """Confirm the payment."""
    said = PaymentCompleted.model_validate(body)
    with Session.begin() as session:
        session.add(deeds.payment_confirmation(said))


@app.task(name="Notification_OrderShipped")
def announce_parcel(body: Body) -> None:
    """Say how to follow the parcel."""
    said = OrderShipped.model_validate(body)
    with Session.begin() as session:
        session.add(deeds.parcel_news(said))


def created(order: OrderCreated) -> None:
    """Say that an order was accepted."""
    _say(order, reserve, confirm_order)


def _say(message: Model, *hearers: Any) -> None:
    body = message.model_dump(mode="json")
    for hearer in hearers:
        hearer.delay(body)


def _forward(message: StockReserved | PaymentCompleted | OrderShipped, to: str, on: str) -> None:
    with Session.begin() as session:
        order = session.get_one(Order, message.order_id, with_for_update=True)
        session.add(deeds.forward(order, to, on, message.model_dump(mode="json")))
