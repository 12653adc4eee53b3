import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentRefunded, PaymentRefundFailed
from workers.payment.intent import RefundBy, Status
from workers.payment.provider import Standing
from workers.payment.standing import Followed, correct

ORDER = uuid7()
AMOUNT = 900
BACK = Standing(taken=AMOUNT, returned=AMOUNT)
KEPT = Standing(taken=AMOUNT, returned=0)
PARTLY = Standing(taken=AMOUNT, returned=200)
NOTHING = Standing(taken=0, returned=0)
REFUNDED = PaymentRefunded(order_id=ORDER, amount=AMOUNT, currency="EUR")
NOT_REFUNDED = PaymentRefundFailed(order_id=ORDER, reason="refund_failed")


def payment(
    status: Status, *, refunded: int = 0, refund_by: RefundBy | None = None, elsewhere: bool = False
) -> Followed:
    return Followed(
        id=uuid7(),
        order_id=ORDER,
        amount=AMOUNT,
        currency="EUR",
        status=status,
        refunded_amount=refunded,
        refund_by=refund_by,
        elsewhere=elsewhere,
    )


@pytest.mark.parametrize(
    ("before", "standing", "status", "refunded", "says"),
    [
        (payment("COMPLETED"), BACK, "REFUNDED", AMOUNT, (REFUNDED,)),
        (payment("COMPLETED"), PARTLY, "COMPLETED", 200, ()),
        (payment("COMPLETED", refunded=200), KEPT, "COMPLETED", 0, ()),
        (payment("REFUNDED", refunded=AMOUNT), KEPT, "REFUND_FAILED", 0, (NOT_REFUNDED,)),
        (payment("REFUNDED", refunded=AMOUNT), PARTLY, "REFUND_FAILED", 200, (NOT_REFUNDED,)),
        (payment("REFUND_FAILED"), BACK, "REFUNDED", AMOUNT, (REFUNDED,)),
    ],
)
def test_what_the_provider_has_otherwise_is_put_right(
    before: Followed, standing: Standing, status: Status, refunded: int, says: tuple[object, ...]
) -> None:
    made = correct(before, standing)
    assert made
    assert (made.status, made.refunded_amount, made.says, made.void) == (status, refunded, says, False)
    after = payment(made.status, refunded=made.refunded_amount, refund_by=made.refund_by)
    assert correct(after, standing) is None, "seen again, it changes nothing"


@pytest.mark.parametrize(
    "before",
    [payment("FAILED"), payment("VOIDED"), payment("COMPLETED", elsewhere=True), payment("REFUNDED", elsewhere=True)],
)
def test_what_was_taken_all_the_same_is_reversed(before: Followed) -> None:
    made = correct(before, KEPT)
    assert made
    assert (made.void, made.status, made.says, made.outcome) == (True, before.status, (), None)
    assert correct(before, BACK) is None
    assert correct(before, NOTHING) is None


@pytest.mark.parametrize(
    ("before", "standing"),
    [
        (payment("PENDING"), KEPT),
        (payment("COMPLETED"), KEPT),
        (payment("COMPLETED"), NOTHING),
        (payment("REFUNDING"), BACK),
        (payment("REFUNDED", refunded=AMOUNT), BACK),
        (payment("REFUNDED", refunded=AMOUNT, refund_by="hand"), KEPT),
        (payment("REFUND_FAILED"), KEPT),
    ],
)
def test_what_agrees_or_is_on_its_way_stays(before: Followed, standing: Standing) -> None:
    assert correct(before, standing) is None


def test_a_refund_that_somebody_made_at_the_provider_is_known_as_such() -> None:
    made = correct(payment("COMPLETED"), BACK)
    assert made
    assert made.refund_by == "provider"
    saga = correct(payment("REFUND_FAILED"), BACK)
    assert saga
    assert saga.refund_by is None
