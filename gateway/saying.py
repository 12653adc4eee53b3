"""What the gateway says: the one list of it. What a room says of a call, it says in its own name."""

from typing import get_args

from messages import Message
from messages.account import UserRegistered
from messages.catalogue import ProductCreated, ProductDeleted, ProductUpdated
from messages.order import OrderCancellationRequested, OrderCreated
from messages.payment import PaymentStatusChanged
from messages.post.envelope import Envelope, enclose

Said = (
    OrderCreated
    | OrderCancellationRequested
    | ProductCreated
    | ProductUpdated
    | ProductDeleted
    | PaymentStatusChanged
    | UserRegistered
)
SAYS: tuple[type[Message], ...] = get_args(Said)
SPEAKER = "gateway"


def say(message: Said, trace: str | None) -> Envelope:
    """Return a message as the outbox wants it, in the transaction of what it is about."""
    return enclose(message, said_by=SPEAKER, traceparent=trace)
