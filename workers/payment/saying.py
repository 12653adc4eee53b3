"""What is said of a payment."""

from collections.abc import Callable
from typing import get_args

from messages import Message
from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefundDue, PaymentRefunded, PaymentVoided
from workers.payment.intent import Intent

Said = PaymentCompleted | PaymentFailed | PaymentVoided | PaymentRefundDue | PaymentRefunded
SAYS: tuple[type[Message], ...] = get_args(Said)
Saying = Callable[[Intent, str], Said]
"""What is said of a payment, and why."""


def completed(payment: Intent, _: str) -> Said:
    """Say that it is paid."""
    return PaymentCompleted(
        order_id=payment.order_id,
        payment_id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        short=payment.short,
    )


def failed(payment: Intent, why: str) -> Said:
    """Say that it will not be paid."""
    return PaymentFailed(order_id=payment.order_id, reason=why)


def voided(payment: Intent, _: str) -> Said:
    """Say that nothing is taken."""
    return PaymentVoided(order_id=payment.order_id)


def refund_due(payment: Intent, _: str) -> Said:
    """Say that the money is to be given back."""
    return PaymentRefundDue(order_id=payment.order_id)


def refunded(payment: Intent, _: str) -> Said:
    """Say that the money is given back."""
    return PaymentRefunded(order_id=payment.order_id, amount=payment.amount, currency=payment.currency)
