"""What becomes of a payment that is no longer wanted: its order was cancelled, or its stock was held too long."""

from uuid import UUID

import msgspec

from messages.payment import PaymentFailed, PaymentRefundDue, PaymentRefunded, PaymentVoided
from workers.payment.intent import GiveUp, Status
from workers.payment.rules import WHY_GIVEN_UP

Said = PaymentFailed | PaymentVoided | PaymentRefundDue | PaymentRefunded

NOTHING = "XXX"
"""The currency, by ISO 4217, of a payment that ended before anybody knew what was to be paid."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands; ``fresh`` when nobody had heard of its order before.

    One that is taken ``elsewhere`` is asked of nobody: while it is open, giving it up ends it at once.
    """

    id: UUID
    order_id: UUID
    amount: int
    currency: str
    status: Status
    give_up: GiveUp | None
    refunded_amount: int
    fresh: bool = False
    elsewhere: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What giving up does to a payment: its new state, and what is said. ``outcome`` goes into its history, if any."""

    payment_id: UUID
    order_id: UUID
    status: Status
    give_up: GiveUp | None
    says: tuple[Said, ...] = ()
    outcome: str | None = None


def expire(known: Known) -> Change:
    """Say what becomes of a payment whose stock was held too long: only what is open is given up."""
    reason = WHY_GIVEN_UP["expired"]
    if known.fresh or (known.elsewhere and known.status == "PENDING"):
        says = (PaymentFailed(order_id=known.order_id, reason=reason),)
        return _change(known, status="FAILED", outcome=reason, says=says)
    if known.status == "PENDING" and known.give_up is None:
        return _change(known, give_up="expired", outcome="given_up")
    return _change(known)


def cancel(known: Known) -> Change:
    """Say what becomes of the payment of a cancelled order: what was paid is given back, and nothing else is taken."""
    match known.status:
        case "PENDING" if known.elsewhere:
            return _change(known, status="VOIDED", outcome="cancelled", says=(PaymentVoided(order_id=known.order_id),))
        case "PENDING":
            return _change(known, give_up="cancelled", outcome="given_up")
        case "COMPLETED":
            due = PaymentRefundDue(order_id=known.order_id)
            return _change(known, status="REFUNDING", outcome="refund_due", says=(due,))
        case "FAILED" | "VOIDED":
            outcome = "cancelled" if known.fresh else None
            return _change(known, outcome=outcome, says=(PaymentVoided(order_id=known.order_id),))
        case "REFUNDED":
            return _change(known, says=(_refunded(known),))
        case _:
            return _change(known)


def fail(known: Known) -> Change:
    """Say what becomes of the payment of an order that failed for another reason than this payment.

    Only one that was recorded before stock was held can be there: it is given back, or awaited no longer.
    """
    match known.status:
        case "COMPLETED":
            due = PaymentRefundDue(order_id=known.order_id)
            return _change(known, status="REFUNDING", outcome="refund_due", says=(due,))
        case "PENDING" if known.elsewhere:
            return _change(known, status="FAILED", outcome="order_failed")
        case _:
            return _change(known)


def _refunded(known: Known) -> PaymentRefunded:
    return PaymentRefunded(order_id=known.order_id, amount=known.refunded_amount, currency=known.currency)


def _change(
    known: Known,
    *,
    status: Status | None = None,
    give_up: GiveUp | None = None,
    outcome: str | None = None,
    says: tuple[Said, ...] = (),
) -> Change:
    return Change(
        payment_id=known.id,
        order_id=known.order_id,
        status=status or known.status,
        give_up=give_up or known.give_up,
        outcome=outcome,
        says=says,
    )
