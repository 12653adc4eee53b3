import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from messages import Customer, Line, Message
from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCreated, OrderFailed
from messages.payment import PaymentCompleted, PaymentRefunded
from messages.shipping import OrderDelivered, OrderShipped
from messages.stock import Shortage
from workers.notification import rules
from workers.notification.rules import Due, Postponed, Refused, Sent

ID = uuid7()
CREATED = OrderCreated(
    order_id=ID,
    customer=Customer(user_id=ID, name="Ada", email="ada@example.com"),
    lines=(Line(product_id=ID, name="Teapot", quantity=2, unit_price=500),),
    total=1000,
    currency="EUR",
    payment_method="tok_ok",
)
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
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_mail_has_to_know(message: Message, detail: dict[str, object]) -> None:
    assert rules.detail(message) == detail
    assert type(message) in rules.TEMPLATES


def test_a_notification_has_one_name_for_ever() -> None:
    due = Due(
        id=uuid7(), order_id=ID, template="order_failed", channel="EMAIL", detail={}, attempts=3, name=None, email=None
    )
    assert rules.key(due) == f"order_failed.email.{ID}"


def test_pauses_double_up_to_ten_minutes() -> None:
    assert [rules.pause(attempt) for attempt in (1, 2, 3, 9, 10, 10_000)] == [2, 4, 8, 512, 600, 600]


def test_what_each_answer_makes_of_a_notification() -> None:
    assert rules.status(Sent(subject=ID)) == "SENT"
    assert rules.status(Refused(subject=ID, reason="550")) == "FAILED"
    assert rules.status(Postponed(subject=ID, reason="450", seconds=2)) == "PENDING"
