"""The queues of the way to COMPLETED and shipped, and whether somebody listens to all of them."""

import asyncio

import aio_pika
from aio_pika.exceptions import AMQPError

from messages import Message
from messages.order import OrderCreated
from messages.payment import PaymentCompleted
from messages.shipping import OrderShipped
from messages.stock import StockReserved

LISTENERS: dict[type[Message], tuple[str, ...]] = {
    OrderCreated: ("Stock", "Notification"),
    StockReserved: ("Payment", "Order"),
    PaymentCompleted: ("Order", "Stock", "Shipping", "Notification"),
    OrderShipped: ("Order", "Notification"),
}
"""Who hears what, as the design says; every contender has these and no others on its way."""

FORWARD = {f"{room}_{said.__name__}": said.type() for said, rooms in LISTENERS.items() for room in rooms}
"""Every queue of the way, and the type of message that comes through it."""


def all_heard(amqp_url: str) -> bool:
    """Tell whether every queue stands and has a consumer."""
    return asyncio.run(_all_heard(amqp_url))


async def _all_heard(amqp_url: str) -> bool:
    try:
        async with await aio_pika.connect(amqp_url, timeout=10) as connection:
            channel = await connection.channel()
            queues = [await channel.declare_queue(name, passive=True) for name in FORWARD]
    except (AMQPError, OSError, TimeoutError):
        return False
    return all(queue.declaration_result.consumer_count for queue in queues)
