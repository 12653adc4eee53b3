import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentFailed, PaymentRefundDue, PaymentRefunded, PaymentVoided
from workers.payment.giving_up import Known, Said, cancel, expire, fail
from workers.payment.intent import GiveUp, Status

ORDER = uuid7()
VOIDED = PaymentVoided(order_id=ORDER)
EXPIRED = PaymentFailed(order_id=ORDER, reason="reservation_expired")
REFUNDED = PaymentRefunded(order_id=ORDER, amount=900, currency="EUR")


def known(status: Status, give_up: GiveUp | None = None, *, fresh: bool = False, elsewhere: bool = False) -> Known:
    return Known(
        id=uuid7(),
        order_id=ORDER,
        amount=900,
        currency="EUR",
        status=status,
        give_up=give_up,
        refunded_amount=900 if status == "REFUNDED" else 0,
        fresh=fresh,
        elsewhere=elsewhere,
    )


@pytest.mark.parametrize(
    ("before", "status", "give_up", "says"),
    [
        (known("VOIDED", fresh=True), "VOIDED", None, (VOIDED,)),
        (known("PENDING"), "PENDING", "cancelled", ()),
        (known("PENDING", "expired"), "PENDING", "cancelled", ()),
        (known("COMPLETED"), "REFUNDING", None, (PaymentRefundDue(order_id=ORDER),)),
        (known("FAILED", "expired"), "FAILED", "expired", (VOIDED,)),
        (known("VOIDED", "cancelled"), "VOIDED", "cancelled", (VOIDED,)),
        (known("REFUNDING", "expired"), "REFUNDING", "expired", ()),
        (known("REFUNDED"), "REFUNDED", None, (REFUNDED,)),
        (known("REFUND_FAILED"), "REFUND_FAILED", None, ()),
        (known("PENDING", elsewhere=True), "VOIDED", None, (VOIDED,)),
        (known("COMPLETED", elsewhere=True), "REFUNDING", None, (PaymentRefundDue(order_id=ORDER),)),
    ],
)
def test_a_cancel(before: Known, status: Status, give_up: GiveUp | None, says: tuple[Said, ...]) -> None:
    change = cancel(before)
    assert (change.status, change.give_up, change.says) == (status, give_up, says)


@pytest.mark.parametrize(
    ("before", "status", "give_up", "says"),
    [
        (known("FAILED", fresh=True), "FAILED", None, (EXPIRED,)),
        (known("PENDING"), "PENDING", "expired", ()),
        (known("PENDING", "cancelled"), "PENDING", "cancelled", ()),
        (known("COMPLETED"), "COMPLETED", None, ()),
        (known("FAILED"), "FAILED", None, ()),
        (known("REFUNDED"), "REFUNDED", None, ()),
        (known("PENDING", elsewhere=True), "FAILED", None, (EXPIRED,)),
        (known("COMPLETED", elsewhere=True), "COMPLETED", None, ()),
    ],
)
def test_an_expiry(before: Known, status: Status, give_up: GiveUp | None, says: tuple[Said, ...]) -> None:
    change = expire(before)
    assert (change.status, change.give_up, change.says) == (status, give_up, says)


@pytest.mark.parametrize(
    ("before", "status", "says"),
    [
        (known("COMPLETED", elsewhere=True), "REFUNDING", (PaymentRefundDue(order_id=ORDER),)),
        (known("PENDING", elsewhere=True), "FAILED", ()),
        (known("PENDING"), "PENDING", ()),
        (known("FAILED"), "FAILED", ()),
        (known("REFUNDED"), "REFUNDED", ()),
    ],
)
def test_a_failure_of_the_order(before: Known, status: Status, says: tuple[Said, ...]) -> None:
    change = fail(before)
    assert (change.status, change.says) == (status, says)


def test_what_changes_nothing_leaves_no_trace() -> None:
    assert cancel(known("REFUNDING")).outcome is None
    assert expire(known("COMPLETED")).outcome is None
