"""What is decided about a payment: whom to ask for what, where each answer leads, and what may be changed by hand."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from workers.payment import saying
from workers.payment.errands import Charge, Charged, Declined, Tell, Void
from workers.payment.intent import GiveUp, Intent, Status
from workers.payment.saying import Said, Saying

PROVIDER_UNAVAILABLE = "provider_unavailable"
TAKEN_ELSEWHERE = "taken_elsewhere"
WHY_GIVEN_UP: dict[GiveUp, str] = {"cancelled": "cancelled", "expired": "reservation_expired"}


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


def errand(intent: Intent) -> Charge | Void | Tell:
    """Say what to do for a payment whose stock is held."""
    return Tell(subject=intent.order_id) if intent.unsaid else ask(intent)


def ask(intent: Intent) -> Charge | Void:
    """Say what to ask the provider for an open payment."""
    if intent.give_up:
        return Void(subject=intent.order_id, bill=intent.bill, reason=WHY_GIVEN_UP[intent.give_up])
    return Charge(subject=intent.order_id, bill=intent.bill)


def settle(intent: Intent, answer: Charged | Declined) -> Settlement:
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


def tell(intent: Intent) -> tuple[Said, ...]:
    """Say, now that stock is held, what became of a payment before; one that is awaited goes on being awaited."""
    match intent.status:
        case "PENDING":
            return ()
        case "COMPLETED":
            return (saying.completed(intent, ""),)
        case _:
            return (saying.failed(intent, intent.failure_reason or intent.status.lower()),)


def _reason(intent: Intent, answer: Charged | Declined) -> str | None:
    if isinstance(answer, Declined):
        return answer.reason
    return WHY_GIVEN_UP[intent.give_up] if intent.give_up else None


def _outcome(answer: Charged | Declined) -> str:
    if isinstance(answer, Charged):
        return "charged"
    return "voided" if answer.reason in WHY_GIVEN_UP.values() else "declined"


_ENDINGS: Mapping[tuple[type[Charged | Declined], GiveUp | None], tuple[Status, Sequence[Saying]]] = {
    (Charged, None): ("COMPLETED", [saying.completed]),
    (Charged, "cancelled"): ("REFUNDING", [saying.refund_due]),
    (Charged, "expired"): ("REFUNDING", [saying.refund_due, saying.failed]),
    (Declined, None): ("FAILED", [saying.failed]),
    (Declined, "cancelled"): ("VOIDED", [saying.voided]),
    (Declined, "expired"): ("FAILED", [saying.failed]),
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A ``wish`` for a payment that is ``before`` takes it ``to`` a state, and ``says`` so.

    ``why`` becomes the reason of one that is not paid. ``meaning`` is for those who read about it.
    """

    before: Status
    wish: Status
    to: Status
    says: tuple[Saying, ...]
    meaning: str
    give_up: GiveUp | None = None
    why: str | None = None


def _given_up(wish: Status, give_up: GiveUp, to: Status, say: Saying) -> Step:
    return Step(
        before="PENDING",
        wish=wish,
        give_up=give_up,
        to=to,
        says=(say,),
        why=WHY_GIVEN_UP[give_up],
        meaning="Nobody wants it any more, and its provider is not waited for.",
    )


def _refunded(before: Status) -> Step:
    return Step(
        before=before,
        wish="REFUNDED",
        to="REFUNDED",
        says=(saying.refunded,),
        meaning="The money was given back by hand; a cancel that waits for it goes on.",
    )


_UNPAID = "It will not be paid: the order fails. What the provider took, or takes yet, is reversed."

BY_HAND: tuple[Step, ...] = (
    Step(
        before="PENDING",
        wish="COMPLETED",
        to="COMPLETED",
        says=(saying.completed,),
        meaning="It was paid elsewhere: the order goes on. What the provider took, or takes yet, is reversed.",
    ),
    Step(before="PENDING", wish="FAILED", to="FAILED", says=(saying.failed,), why="payment_failed", meaning=_UNPAID),
    Step(before="PENDING", wish="VOIDED", to="VOIDED", says=(saying.failed,), why="payment_voided", meaning=_UNPAID),
    _given_up("FAILED", "cancelled", "VOIDED", saying.voided),
    _given_up("VOIDED", "cancelled", "VOIDED", saying.voided),
    _given_up("FAILED", "expired", "FAILED", saying.failed),
    _given_up("VOIDED", "expired", "FAILED", saying.failed),
    Step(
        before="COMPLETED",
        wish="REFUNDING",
        to="REFUNDING",
        says=(saying.refund_due,),
        meaning="The provider gives the money back; not possible when it was paid elsewhere.",
    ),
    Step(
        before="REFUND_FAILED",
        wish="REFUNDING",
        to="REFUNDING",
        says=(saying.refund_due,),
        meaning="The provider tries once more; not possible when it was paid elsewhere.",
    ),
    _refunded("COMPLETED"),
    _refunded("REFUNDING"),
    _refunded("REFUND_FAILED"),
)
"""Everything that may be changed by hand: what guards it, its tests and the API's own text are made of this table."""

RECORDED: tuple[Status, ...] = ("COMPLETED", "PENDING")
"""What a payment may begin as when it is recorded by hand: taken elsewhere, or awaited from elsewhere."""


def by_hand(intent: Intent, wish: Status) -> Step | None:
    """Return what a wish does to a payment, None when it cannot be granted."""
    if wish == "REFUNDING" and intent.elsewhere:
        return None
    give_up = intent.give_up if intent.status == "PENDING" else None
    here = (intent.status, wish, give_up)
    return next((step for step in BY_HAND if (step.before, step.wish, step.give_up) == here), None)
