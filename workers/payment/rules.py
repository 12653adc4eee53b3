"""What is decided about a payment: whom to ask for what, and where each answer leads."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefundDue, PaymentVoided
from messages.stock import Shortage
from workers.runtime.batch import Errand, Outcome

Status = Literal["PENDING", "COMPLETED", "FAILED", "VOIDED", "REFUNDING", "REFUNDED", "REFUND_FAILED"]
GiveUp = Literal["cancelled", "expired"]
Said = PaymentCompleted | PaymentFailed | PaymentVoided | PaymentRefundDue

PROVIDER_UNAVAILABLE = "provider_unavailable"
WHY_GIVEN_UP: dict[GiveUp, str] = {"cancelled": "cancelled", "expired": "reservation_expired"}


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that is still open: ``short`` is what it does not pay for, ``give_up`` why it is no longer wanted."""

    id: UUID
    order_id: UUID
    amount: int
    currency: str
    method: str
    short: tuple[Shortage, ...] = ()
    give_up: GiveUp | None = None


class Charge(Errand, frozen=True, kw_only=True):
    """Take the money."""

    amount: int
    currency: str
    method: str


class Void(Errand, frozen=True, kw_only=True):
    """Reverse whatever was taken, and take nothing later."""

    reason: str


class Refund(Errand, frozen=True, kw_only=True):
    """Give back what was taken."""


class Charged(Outcome, frozen=True, kw_only=True):
    """The money is taken."""

    reference: str


class Declined(Outcome, frozen=True, kw_only=True):
    """No money was taken. With PROVIDER_UNAVAILABLE nobody knows, and the charge is voided for good measure."""

    reason: str


class Voided(Outcome, frozen=True, kw_only=True):
    """Nothing is taken any more."""


class Refunded(Outcome, frozen=True, kw_only=True):
    """What was taken is given back."""


class NotRefunded(Outcome, frozen=True, kw_only=True):
    """The provider keeps failing to give back what was taken."""

    reason: str


Answer = Charged | Declined


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer leads: the payment's new state, and what is said."""

    payment_id: UUID
    order_id: UUID
    status: Status
    says: tuple[Said, ...] = ()
    reason: str | None = None
    reference: str | None = None
    void: bool = False
    outcome: str = "declined"


def errand(intent: Intent) -> Charge | Void:
    """Say what to ask the provider for an open payment."""
    if intent.give_up:
        return Void(subject=intent.order_id, reason=WHY_GIVEN_UP[intent.give_up])
    return Charge(subject=intent.order_id, amount=intent.amount, currency=intent.currency, method=intent.method)


def settle(intent: Intent, answer: Answer) -> Settlement:
    """Say where the provider's answer leads an open payment."""
    status, says = _ENDINGS[type(answer), intent.give_up]
    reason = _reason(intent, answer)
    return Settlement(
        payment_id=intent.id,
        order_id=intent.order_id,
        status=status,
        says=tuple(say(intent, reason or "") for say in says),
        reason=reason,
        reference=answer.reference if isinstance(answer, Charged) else None,
        void=reason == PROVIDER_UNAVAILABLE,
        outcome=_outcome(answer),
    )


def _reason(intent: Intent, answer: Answer) -> str | None:
    if isinstance(answer, Declined):
        return answer.reason
    return WHY_GIVEN_UP[intent.give_up] if intent.give_up else None


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Charged):
        return "charged"
    return "voided" if answer.reason in WHY_GIVEN_UP.values() else "declined"


def _completed(intent: Intent, _: str) -> Said:
    return PaymentCompleted(
        order_id=intent.order_id,
        payment_id=intent.id,
        amount=intent.amount,
        currency=intent.currency,
        short=intent.short,
    )


def _failed(intent: Intent, reason: str) -> Said:
    return PaymentFailed(order_id=intent.order_id, reason=reason)


def _voided(intent: Intent, _: str) -> Said:
    return PaymentVoided(order_id=intent.order_id)


def _refund_due(intent: Intent, _: str) -> Said:
    return PaymentRefundDue(order_id=intent.order_id)


_ENDINGS: Mapping[tuple[type[Answer], GiveUp | None], tuple[Status, Sequence[Callable[[Intent, str], Said]]]] = {
    (Charged, None): ("COMPLETED", [_completed]),
    (Charged, "cancelled"): ("REFUNDING", [_refund_due]),
    (Charged, "expired"): ("REFUNDING", [_refund_due, _failed]),
    (Declined, None): ("FAILED", [_failed]),
    (Declined, "cancelled"): ("VOIDED", [_voided]),
    (Declined, "expired"): ("FAILED", [_failed]),
}
