"""What is decided about notifications: who is told what, by which channel, and for how long it is tried."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from messages import Message, OrderMessage
from messages.account import UserRegistered
from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCreated, OrderFailed
from messages.payment import PaymentCompleted, PaymentRefunded
from messages.shipping import OrderDelivered, OrderShipped
from messages.stock import StockDepleted, StockLow
from workers.notification.errands import Answer, Due, Mail, Note, Postponed, Postponement, Refused, Sent, Sms

Status = Literal["PENDING", "SENT", "FAILED"]
Result = Literal["POSTPONED", "SENT", "FAILED"]

TEMPLATES: Mapping[type[Message], str] = {
    OrderCreated: "order_confirmation",
    PaymentCompleted: "payment_confirmation",
    OrderFailed: "order_failed",
    OrderShipped: "order_shipped",
    OrderDelivered: "order_delivered",
    PaymentRefunded: "payment_refunded",
    OrderCancellationConfirmed: "order_cancellation_confirmed",
    OrderCancellationRejected: "order_cancellation_rejected",
    UserRegistered: "welcome",
    StockLow: "stock_low",
    StockDepleted: "stock_depleted",
}
FIRST_PAUSE = 2
LONGEST_PAUSE = 3600
HOUR = 3600
GIVE_UP_HOURS: Mapping[type[Note], int] = {Mail: 72, Sms: 24}
"""How long after its first attempt a note that is still postponed is given up."""


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to tell about an order, a user's account, or an alert."""

    about: UUID
    user_id: UUID | None
    name: str
    email: str
    phone: str | None = None


def about(message: Message, message_id: UUID) -> UUID:
    """Return what a notification is about: there is one of each template by each channel about it.

    An order or a user is told each thing once. An alert is about its own message: the next crossing is another one.
    """
    match message:
        case OrderMessage() | UserRegistered():
            return message.subject
        case _:
            return message_id


def customer(message: OrderCreated | UserRegistered) -> Recipient:
    """Return whom to tell about an order or an account."""
    known = message.customer if isinstance(message, OrderCreated) else message
    return Recipient(
        about=message.subject, user_id=known.user_id, name=known.name, email=known.email, phone=known.phone
    )


def detail(message: Message) -> dict[str, Any]:
    """Return what the message's template wants to know, beside what it is about and the recipient."""
    match message:
        case OrderCreated():
            lines = [{"name": line.name, "quantity": line.quantity} for line in message.lines]
            partial = {"partial": True} if message.allow_partial else {}
            return {"lines": lines, "total": message.total, "currency": message.currency, **partial}
        case PaymentCompleted() | PaymentRefunded():
            return {"amount": message.amount, "currency": message.currency, **_short(message)}
        case OrderFailed():
            return {"reason": message.reason}
        case OrderShipped():
            return {"trackingNumber": message.tracking_number}
        case StockLow() | StockDepleted():
            return {**_product(message), **_level(message)}
        case _:
            return {}


def _short(message: PaymentCompleted | PaymentRefunded) -> dict[str, Any]:
    if isinstance(message, PaymentRefunded) or not message.short:
        return {}
    return {"short": [{"name": shortage.name, "quantity": shortage.wanted} for shortage in message.short]}


def _product(message: StockLow | StockDepleted) -> dict[str, Any]:
    return {"productId": str(message.product_id), "product": message.name, "sku": message.sku}


def _level(message: StockLow | StockDepleted) -> dict[str, int]:
    if isinstance(message, StockDepleted):
        return {}
    return {"available": message.available, "threshold": message.threshold}


def key(due: Due) -> str:
    """Return the name of a mail: one for each subject, template and channel, and each time it was asked for again."""
    again = f".{due.resends}" if due.resends else ""
    return f"{due.template}.{due.channel}.{due.about}{again}".lower()


def dialled(phone: str) -> str:
    """Return a telephone number as gateways want it: ``+49 (30) 1234567`` is ``+49301234567``.

    A number without its country is left to the gateway, which knows where it sends from.

    Raises:
        ValueError: when nothing of it can be dialled.
    """
    digits = "".join(char for char in phone if char in "0123456789")
    if not digits:
        raise ValueError(f"{phone!r} is no telephone number")
    if phone.lstrip().startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def pause(tried_for: float) -> int:
    """Return how many seconds to wait: as long as it was tried already, so that pauses double."""
    return min(max(FIRST_PAUSE, round(tried_for)), LONGEST_PAUSE)


def put_off(note: Note, answer: Postponement) -> Postponed | Refused:
    """Try again later, or give up when it was tried for too long."""
    hours = GIVE_UP_HOURS[type(note)]
    if note.tried_for >= hours * HOUR:
        return Refused(subject=note.subject, reason=f"given up after {hours} hours: {answer}")
    seconds = max(pause(note.tried_for), min(answer.seconds, LONGEST_PAUSE))
    return Postponed(subject=note.subject, reason=str(answer), seconds=seconds)


def status(answer: Answer) -> Status:
    """Return what a notification is after an answer."""
    match answer:
        case Sent():
            return "SENT"
        case Refused():
            return "FAILED"
        case Postponed():
            return "PENDING"


def result(answer: Answer) -> Result:
    """Return what an attempt came to."""
    return "POSTPONED" if isinstance(answer, Postponed) else "SENT" if isinstance(answer, Sent) else "FAILED"
