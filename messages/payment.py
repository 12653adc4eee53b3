"""What the payment room says."""

from uuid import UUID

from messages import OrderMessage
from messages.stock import Shortage


class PaymentCompleted(OrderMessage, frozen=True, kw_only=True, tag="payment.completed"):
    """The order is paid. ``amount`` is in minor units of ``currency``.

    ``short`` names the products of a partial order that were left out, and are not paid.
    """

    payment_id: UUID
    amount: int
    currency: str
    short: tuple[Shortage, ...] = ()


class PaymentFailed(OrderMessage, frozen=True, kw_only=True, tag="payment.failed"):
    """The order will not be paid; what was taken all the same is given back. ``reason`` says why."""

    reason: str


class PaymentRefundDue(OrderMessage, frozen=True, kw_only=True, tag="payment.refund_due"):
    """Money was taken for an order that ended without it: payment reminds itself to give it back."""


class PaymentRefunded(OrderMessage, frozen=True, kw_only=True, tag="payment.refunded"):
    """What was taken is given back. ``amount`` is in minor units of ``currency``."""

    amount: int
    currency: str


class PaymentVoided(OrderMessage, frozen=True, kw_only=True, tag="payment.voided"):
    """No money is taken, and none will be."""


class PaymentRefundFailed(OrderMessage, frozen=True, kw_only=True, tag="payment.refund_failed"):
    """The money could not be given back; an operator has to see to it. ``reason`` says why."""

    reason: str


class PaymentStatusChanged(OrderMessage, frozen=True, kw_only=True, tag="payment.status_changed"):
    """Somebody changed a payment by hand, or recorded one taken elsewhere: ``before`` is None then."""

    payment_id: UUID
    before: str | None
    status: str
