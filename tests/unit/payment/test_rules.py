import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefundDue, PaymentVoided
from workers.payment import rules
from workers.payment.rules import Charge, Charged, Declined, GiveUp, Intent, Status, Void

ORDER, PAYMENT = uuid7(), uuid7()
COMPLETED = PaymentCompleted(order_id=ORDER, payment_id=PAYMENT, amount=1250, currency="EUR")
DUE = PaymentRefundDue(order_id=ORDER)


def intent(give_up: GiveUp | None = None) -> Intent:
    return Intent(id=PAYMENT, order_id=ORDER, amount=1250, currency="EUR", method="tok_ok", give_up=give_up)


def failed(reason: str) -> PaymentFailed:
    return PaymentFailed(order_id=ORDER, reason=reason)


def test_an_open_payment_is_charged() -> None:
    assert rules.errand(intent()) == Charge(subject=ORDER, amount=1250, currency="EUR", method="tok_ok")


@pytest.mark.parametrize(
    ("give_up", "reason"), [("cancelled", "cancelled"), ("expired", "reservation_expired")], ids=str
)
def test_a_payment_given_up_is_voided(give_up: GiveUp, reason: str) -> None:
    assert rules.errand(intent(give_up)) == Void(subject=ORDER, reason=reason)


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
