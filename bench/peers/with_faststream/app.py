"""The application: every room's subscribers, as ``faststream run`` starts them."""

from faststream import AckPolicy, FastStream
from faststream.rabbit import RabbitBroker
from sqlalchemy import select

from bench.peers import deeds
from bench.peers.language import OrderCreated, OrderShipped, PaymentCompleted, StockReserved
from bench.peers.outcomes import Agent, Reservation
from bench.peers.tables import Order, Product
from bench.peers.with_faststream import post
from bench.peers.with_faststream.post import EVENTS, Session, queue

broker: RabbitBroker = post.broker()
app = FastStream(broker)
LATE = AckPolicy.NACK_ON_ERROR


@broker.subscriber(queue("Stock", "OrderCreated", "order.created"), EVENTS, ack_policy=LATE)
@broker.publisher(exchange=EVENTS, routing_key="stock.reserved", persist=True, mandatory=True)
async def reserve(order: OrderCreated) -> StockReserved:
    """Hold stock."""
    async with Session.begin() as session:
        ids = {line.product_id for line in order.lines}
        wanted = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
        session.add(deeds.reserve(order, (await session.scalars(wanted)).all()))
    return StockReserved(
        order_id=order.order_id, amount=order.total, currency=order.currency, payment_method=order.payment_method
    )


@broker.subscriber(queue("Payment", "StockReserved", "stock.reserved"), EVENTS, ack_policy=LATE)
@broker.publisher(exchange=EVENTS, routing_key="payment.completed", persist=True, mandatory=True)
async def pay(held: StockReserved) -> PaymentCompleted:
    """Take the money."""
    payment = deeds.pay(held)
    async with Session.begin() as session:
        session.add(payment)
    return PaymentCompleted(order_id=held.order_id, payment_id=payment.id, amount=held.amount, currency=held.currency)


@broker.subscriber(queue("Stock", "PaymentCompleted", "payment.completed"), EVENTS, ack_policy=LATE)
async def take_out(paid: PaymentCompleted) -> None:
    """Let what was held leave the house."""
    async with Session.begin() as session:
        found = select(Reservation).where(Reservation.order_id == paid.order_id).with_for_update()
        reservation = (await session.scalars(found)).one()
        ids = {line.product_id for line in reservation.lines}
        held = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
        session.add_all(deeds.take_out(reservation, (await session.scalars(held)).all()))


@broker.subscriber(queue("Shipping", "PaymentCompleted", "payment.completed"), EVENTS, ack_policy=LATE)
@broker.publisher(exchange=EVENTS, routing_key="order.shipped", persist=True, mandatory=True)
async def ship(paid: PaymentCompleted) -> OrderShipped:
    """Send the order off, by the least busy agent who is free this moment."""
    async with Session.begin() as session:
        least_busy = select(Agent).order_by(Agent.busy, Agent.id).limit(1).with_for_update(skip_locked=True)
        shipment = deeds.ship(paid, (await session.scalars(least_busy)).one())
        session.add(shipment)
    return OrderShipped(order_id=paid.order_id, shipment_id=shipment.id, tracking_number=shipment.tracking_number)


@broker.subscriber(queue("Order", "StockReserved", "stock.reserved"), EVENTS, ack_policy=LATE)
async def reserved(held: StockReserved) -> None:
    """Stock is held."""
    async with Session.begin() as session:
        order = await session.get_one(Order, held.order_id, with_for_update=True)
        session.add(deeds.forward(order, "RESERVED", "stock.reserved", held.model_dump(mode="json")))


@broker.subscriber(queue("Order", "PaymentCompleted", "payment.completed"), EVENTS, ack_policy=LATE)
async def paid(said: PaymentCompleted) -> None:
    """The order is complete: reserved and paid."""
    async with Session.begin() as session:
        order = await session.get_one(Order, said.order_id, with_for_update=True)
        session.add(deeds.forward(order, "COMPLETED", "payment.completed", said.model_dump(mode="json")))


@broker.subscriber(queue("Order", "OrderShipped", "order.shipped"), EVENTS, ack_policy=LATE)
async def shipped(said: OrderShipped) -> None:
    """The order has left."""
    async with Session.begin() as session:
        order = await session.get_one(Order, said.order_id, with_for_update=True)
        session.add(deeds.forward(order, "IN_TRANSIT", "order.shipped", said.model_dump(mode="json")))


@broker.subscriber(queue("Notification", "OrderCreated", "order.created"), EVENTS, ack_policy=LATE)
async def confirm_order(order: OrderCreated) -> None:
    """Confirm the order, and remember whom to write to about it."""
    async with Session.begin() as session:
        session.add(deeds.recipient(order))
        session.add(deeds.order_confirmation(order))


@broker.subscriber(queue("Notification", "PaymentCompleted", "payment.completed"), EVENTS, ack_policy=LATE)
async def confirm_payment(said: PaymentCompleted) -> None:
    """Confirm the payment."""
    async with Session.begin() as session:
        session.add(deeds.payment_confirmation(said))


@broker.subscriber(queue("Notification", "OrderShipped", "order.shipped"), EVENTS, ack_policy=LATE)
async def announce_parcel(said: OrderShipped) -> None:
    """Say how to follow the parcel."""
    async with Session.begin() as session:
        session.add(deeds.parcel_news(said))
