from typing import get_args

import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefundDue, PaymentVoided
from workers.payment import rules
from workers.payment.errands import Charge, Charged, Declined, Tell, Void
from workers.payment.intent import GiveUp, Intent, Status

ORDER, PAYMENT = uuid7(), uuid7()
COMPLETED = PaymentCompleted(order_id=ORDER, payment_id=PAYMENT, amount=1250, currency="EUR")
DUE = PaymentRefundDue(order_id=ORDER)


def intent(give_up: GiveUp | None = None) -> Intent:
    return Intent(id=PAYMENT, order_id=ORDER, amount=1250, currency="EUR", method="tok_ok", give_up=give_up)


def failed(reason: str) -> PaymentFailed:
    return PaymentFailed(order_id=ORDER, reason=reason)


def test_an_open_payment_is_charged() -> None:
    assert rules.errand(intent()) == Charge(subject=ORDER, bill=intent().bill)
    assert (intent().bill.key, intent().bill.amount, intent().bill.method) == (ORDER, 1250, "tok_ok")


@pytest.mark.parametrize(
    ("give_up", "reason"), [("cancelled", "cancelled"), ("expired", "reservation_expired")], ids=str
)
def test_a_payment_given_up_is_voided(give_up: GiveUp, reason: str) -> None:
    assert rules.errand(intent(give_up)) == Void(subject=ORDER, bill=intent().bill, reason=reason)


def recorded(status: Status) -> Intent:
    return replace(intent(), status=status, elsewhere=True, unsaid=True)


def test_nobody_is_asked_about_what_was_recorded() -> None:
    assert rules.errand(recorded("COMPLETED")) == Tell(subject=ORDER)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("PENDING", ()),
        ("COMPLETED", (COMPLETED,)),
        ("FAILED", (failed("failed"),)),
        ("REFUNDED", (failed("refunded"),)),
        ("REFUNDING", (failed("refunding"),)),
    ],
)
def test_what_was_recorded_is_told_once_stock_is_held(status: Status, says: tuple[object, ...]) -> None:
    assert rules.tell(recorded(status)) == says


def test_a_wish_is_granted_by_the_table_alone() -> None:
    statuses = get_args(Status)
    granted = {
        (before, wish)
        for before in statuses
        for wish in statuses
        if rules.by_hand(replace(intent(), status=before), wish)
    }
    assert granted == {(step.before, step.wish) for step in rules.BY_HAND if step.give_up is None}


@pytest.mark.parametrize(("give_up", "status"), [("cancelled", "VOIDED"), ("expired", "FAILED")])
def test_what_is_given_up_ends_as_it_would(give_up: GiveUp, status: Status) -> None:
    for wish in ("FAILED", "VOIDED"):
        step = rules.by_hand(intent(give_up), wish)
        assert step
        assert step.to == status
    assert rules.by_hand(intent(give_up), "COMPLETED") is None, "nobody wants it any more"


def test_no_provider_gives_back_what_was_taken_elsewhere() -> None:
    for status in ("COMPLETED", "REFUND_FAILED"):
        assert rules.by_hand(replace(intent(), status=status, elsewhere=True), "REFUNDING") is None


@pytest.mark.parametrize(
    ("give_up", "status", "says"),
    [
        (None, "COMPLETED", (COMPLETED,)),
        ("cancelled", "REFUNDING", (DUE,)),
        ("expired", "REFUNDING", (DUE, failed("reservation_expired"))),
    ],
)
def test_charged(give_up: GiveUp | None, status: Status, says: tuple[object, ...]) -> None:
    settlement = rules.settle(intent(give_up), Charged(subject=ORDER, reference="r1"))
    assert (settlement.status, settlement.says, settlement.reference) == (status, says, "r1")
    assert not settlement.void


@pytest.mark.parametrize(
    ("give_up", "status", "says"),
    [
        (None, "FAILED", (failed("no"),)),
        ("cancelled", "VOIDED", (PaymentVoided(order_id=ORDER),)),
        ("expired", "FAILED", (failed("no"),)),
    ],
)
def test_declined(give_up: GiveUp | None, status: Status, says: tuple[object, ...]) -> None:
    settlement = rules.settle(intent(give_up), Declined(subject=ORDER, reason="no"))
    assert (settlement.status, settlement.says, settlement.reason) == (status, says, "no")
    assert not settlement.void


@pytest.mark.parametrize("give_up", [None, "cancelled", "expired"])
def test_when_nobody_knows_whether_money_was_taken_it_is_voided(give_up: GiveUp | None) -> None:
    assert rules.settle(intent(give_up), Declined(subject=ORDER, reason="provider_unavailable")).void
