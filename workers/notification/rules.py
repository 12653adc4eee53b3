"""What is decided about notifications: which message calls for which, and what a mail must know."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from messages import Message
from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCreated, OrderFailed
from messages.payment import PaymentCompleted, PaymentRefunded
from messages.shipping import OrderDelivered, OrderShipped
from workers.runtime.batch import Errand, Outcome

Status = Literal["PENDING", "SENT", "FAILED"]

TEMPLATES: dict[type[Message], str] = {
    OrderCreated: "order_confirmation",
    PaymentCompleted: "payment_confirmation",
    OrderFailed: "order_failed",
    OrderShipped: "order_shipped",
    OrderDelivered: "order_delivered",
    PaymentRefunded: "payment_refunded",
    OrderCancellationConfirmed: "order_cancellation_confirmed",
    OrderCancellationRejected: "order_cancellation_rejected",
}
SEND_SECONDS = 10
"""How long one mail may take once it is begun."""
LEASE_SECONDS = 30
"""How long a claimed mail is its claimer's: it must be begun early enough to end within."""
LONGEST_PAUSE = 600


class Mail(Errand, frozen=True, kw_only=True):
    """One mail to send, if it can be begun before ``leave_by`` on the monotonic clock. Its subject is its row.

    ``key`` is the same whenever this notification is sent: the local part of its Message-ID.
    """

    key: str
    name: str
    address: str
    title: str
    text: str
    html: str
    attempt: int
    leave_by: float


class Sent(Outcome, frozen=True, kw_only=True):
    """The mail server took the mail."""


class Refused(Outcome, frozen=True, kw_only=True):
    """The mail server will never take the mail."""

    reason: str


class Postponed(Outcome, frozen=True, kw_only=True):
    """The mail server does not take the mail now; it is tried again after ``seconds``."""

    reason: str
    seconds: int


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A notification whose time has come; ``name`` and ``email`` stay unknown until the order itself is heard of."""

    id: UUID
    order_id: UUID
    template: str
    channel: str
    detail: dict[str, Any]
    attempts: int
    name: str | None
    email: str | None


def detail(message: Message) -> dict[str, Any]:
    """Return what the message's template wants to know, beside the order and the recipient."""
    match message:
        case OrderCreated():
            lines = [{"name": line.name, "quantity": line.quantity} for line in message.lines]
            partial = {"partial": True} if message.allow_partial else {}
            return {"lines": lines, "total": message.total, "currency": message.currency, **partial}
        case PaymentCompleted():
            short = [{"name": shortage.name, "quantity": shortage.wanted} for shortage in message.short]
            return {"amount": message.amount, "currency": message.currency, **({"short": short} if short else {})}
        case PaymentRefunded():
            return {"amount": message.amount, "currency": message.currency}
        case OrderFailed():
            return {"reason": message.reason}
        case OrderShipped():
            return {"trackingNumber": message.tracking_number}
        case _:
            return {}


def key(due: Due) -> str:
    """Return the name of a notification: one for each order, template and channel."""
    return f"{due.template}.{due.channel}.{due.order_id}".lower()


def pause(attempt: int) -> int:
    """Return how many seconds a mail that was postponed at this attempt waits."""
    return min(1 << min(attempt, 30), LONGEST_PAUSE)


def status(answer: Sent | Refused | Postponed) -> Status:
    """Return what a notification is after the mail server's answer."""
    match answer:
        case Sent():
            return "SENT"
        case Refused():
            return "FAILED"
        case Postponed():
            return "PENDING"
