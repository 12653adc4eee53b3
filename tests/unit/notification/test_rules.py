import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from messages import Customer, Line, Message
from messages.account import UserRegistered
from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCreated, OrderFailed
from messages.payment import PaymentCompleted, PaymentRefunded
from messages.shipping import OrderDelivered, OrderShipped
from messages.stock import Shortage, StockDepleted, StockLow
from workers.notification import rules
from workers.notification.errands import Due, Mail, Note, Postponed, Postponement, Refused, Sent, Sms
from workers.notification.rules import Recipient

ID = uuid7()
CREATED = OrderCreated(
    order_id=ID,
    customer=Customer(user_id=ID, name="Ada", email="ada@example.com"),
    lines=(Line(product_id=ID, name="Teapot", quantity=2, unit_price=500),),
    total=1000,
    currency="EUR",
    payment_method="tok_ok",
)
REGISTERED = UserRegistered(user_id=ID, name="Ada", email="ada@example.com", phone="+49 30 1234567")
LOW = StockLow(product_id=ID, sku="TEA", name="Tea", available=3, threshold=5)
DEPLETED = StockDepleted(product_id=ID, sku=None, name="Tea")
DUE = Due(
    id=uuid7(),
    about=ID,
    order_id=ID,
    template="order_failed",
    channel="EMAIL",
    detail={},
    resends=0,
    tried_for=0,
    is_known=False,
    name=None,
    email=None,
    phone=None,
)
MAIL = Mail(subject=ID, address="", text="", tried_for=0, leave_by=0, key="", name="", title="", html="")
SMS = Sms(subject=ID, address="", text="", tried_for=0, leave_by=0)
SHORT = (Shortage(product_id=ID, wanted=2, available=1, name="Teapot"),)


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        (CREATED, {"lines": [{"name": "Teapot", "quantity": 2}], "total": 1000, "currency": "EUR"}),
        (
            PaymentCompleted(order_id=ID, payment_id=ID, amount=5, currency="EUR"),
            {"amount": 5, "currency": "EUR"},
        ),
        (
            PaymentCompleted(order_id=ID, payment_id=ID, amount=5, currency="EUR", short=SHORT),
            {"amount": 5, "currency": "EUR", "short": [{"name": "Teapot", "quantity": 2}]},
        ),
        (OrderFailed(order_id=ID, reason="out_of_stock"), {"reason": "out_of_stock"}),
        (OrderShipped(order_id=ID, shipment_id=ID, tracking_number="OF1"), {"trackingNumber": "OF1"}),
        (OrderDelivered(order_id=ID, shipment_id=ID), {}),
        (
            replace(CREATED, allow_partial=True),
            {"lines": [{"name": "Teapot", "quantity": 2}], "total": 1000, "currency": "EUR", "partial": True},
        ),
        (PaymentRefunded(order_id=ID, amount=5, currency="EUR"), {"amount": 5, "currency": "EUR"}),
        (OrderCancellationConfirmed(order_id=ID), {}),
        (OrderCancellationRejected(order_id=ID), {}),
        (REGISTERED, {}),
        (LOW, {"productId": str(ID), "product": "Tea", "sku": "TEA", "available": 3, "threshold": 5}),
        (DEPLETED, {"productId": str(ID), "product": "Tea", "sku": None}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_mail_has_to_know(message: Message, detail: dict[str, object]) -> None:
    assert rules.detail(message) == detail
    assert type(message) in rules.TEMPLATES


def test_orders_and_users_are_told_each_thing_once_and_every_alert_is_another() -> None:
    said = uuid7()
    assert rules.about(CREATED, said) == rules.about(REGISTERED, said) == ID
    assert rules.about(LOW, said) == rules.about(DEPLETED, said) == said


def test_whom_to_tell_stands_in_what_was_said() -> None:
    phone = "+49 30 1234567"
    ada = Recipient(about=ID, user_id=ID, name="Ada", email="ada@example.com", phone=phone)
    assert rules.customer(REGISTERED) == ada
    assert rules.customer(CREATED) == replace(ada, phone=None)
    assert rules.customer(replace(CREATED, customer=replace(CREATED.customer, phone=phone))) == ada


def test_a_mail_has_one_name_until_it_is_wanted_once_more() -> None:
    assert rules.key(DUE) == f"order_failed.email.{ID}"
    assert rules.key(replace(DUE, resends=2)) == f"order_failed.email.{ID}.2"


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+49 (30) 123-45.67", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("030/1234567", "0301234567"),
    ],
)
def test_what_is_dialled(written: str, dialled: str) -> None:
    assert rules.dialled(written) == dialled


@pytest.mark.parametrize("written", ["", "+", "none", "٣٤٥"])
def test_what_cannot_be_dialled(written: str) -> None:
    with pytest.raises(ValueError, match="is no telephone number"):
        rules.dialled(written)


def test_pauses_double_up_to_an_hour() -> None:
    waited, pauses = 0.0, []
    while waited < 3 * 3600:
        pauses.append(rules.pause(waited))
        waited += pauses[-1]
    assert pauses == [2, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]


def test_a_gateway_may_ask_for_a_longer_pause_but_not_for_any() -> None:
    put_off = [rules.put_off(SMS, Postponement("429", seconds)) for seconds in (0, 1, 60, 1_000_000)]
    assert [postponed.seconds for postponed in put_off if isinstance(postponed, Postponed)] == [2, 2, 60, 3600]


@pytest.mark.parametrize(("note", "hours"), [(MAIL, 72), (SMS, 24)], ids=["mail", "text"])
def test_what_is_put_off_for_too_long_is_given_up(note: Note, hours: int) -> None:
    last, late = (replace(note, tried_for=hours * 3600 + more) for more in (-1, 0))
    assert rules.put_off(last, Postponement("451")) == Postponed(subject=ID, reason="451", seconds=3600)
    assert rules.put_off(late, Postponement("451")) == Refused(subject=ID, reason=f"given up after {hours} hours: 451")


def test_what_each_answer_makes_of_a_notification_and_of_an_attempt() -> None:
    answers = (Sent(subject=ID), Refused(subject=ID, reason="550"), Postponed(subject=ID, reason="450", seconds=2))
    assert [rules.status(answer) for answer in answers] == ["SENT", "FAILED", "PENDING"]
    assert [rules.result(answer) for answer in answers] == ["SENT", "FAILED", "POSTPONED"]
