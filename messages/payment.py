"""What the payment room says."""

from uuid import UUID

from messages import OrderMessage


class PaymentCompleted(OrderMessage, frozen=True, kw_only=True, tag="payment.completed"):
    """The order is paid. ``amount`` is in minor units of ``currency``."""

    payment_id: UUID
    amount: int
    currency: str


class PaymentFailed(OrderMessage, frozen=True, kw_only=True, tag="payment.failed"):
    """The order will not be paid, and nothing was taken; ``reason`` says why."""

    reason: str
