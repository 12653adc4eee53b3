"""The wire bytes of every message. A change here breaks whoever is still running the other version."""

import importlib
import json
import pkgutil
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

import messages
from messages import Customer, Line, Message
from messages.order import (
    OrderCancellationConfirmed,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCreated,
    OrderFailed,
)
from messages.payment import (
    PaymentCompleted,
    PaymentFailed,
    PaymentRefundDue,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentVoided,
)
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from messages.stock import Shortage, StockNotReserved, StockReleased, StockReservationExpired, StockReserved

GOLDEN = Path(__file__).parent / "golden"
ORDER = UUID("0190a6d2-0000-7000-8000-000000000001")
THING = UUID("0190a6d2-0000-7000-8000-000000000002")
SHORT = (Shortage(product_id=THING, wanted=3, available=1, name="Tea"),)

EXAMPLES: list[Message] = [
    OrderCreated(
        order_id=ORDER,
        customer=Customer(user_id=THING, name="Ada Lovelace", email="ada@example.com"),
        lines=(Line(product_id=THING, name="Tea", quantity=2, unit_price=450),),
        total=900,
        currency="EUR",
        payment_method="tok_ok",
        allow_partial=True,
    ),
    OrderFailed(order_id=ORDER, reason="out_of_stock"),
    StockReserved(order_id=ORDER, amount=900, currency="EUR", payment_method="tok_ok", short=SHORT),
    StockNotReserved(order_id=ORDER, reason="out_of_stock", short=SHORT),
    StockReleased(order_id=ORDER),
    PaymentCompleted(order_id=ORDER, payment_id=THING, amount=900, currency="EUR", short=SHORT),
    PaymentFailed(order_id=ORDER, reason="card_declined"),
    OrderShipped(order_id=ORDER, shipment_id=THING, tracking_number="OF123"),
    OrderDelivered(order_id=ORDER, shipment_id=THING),
    OrderCancellationRequested(order_id=ORDER),
    OrderCancelled(order_id=ORDER),
    OrderCancellationConfirmed(order_id=ORDER),
    OrderCancellationRejected(order_id=ORDER),
    ShippingStopped(order_id=ORDER),
    ShippingNotStopped(order_id=ORDER),
    PaymentRefundDue(order_id=ORDER),
    PaymentRefunded(order_id=ORDER, amount=900, currency="EUR"),
    PaymentVoided(order_id=ORDER),
    PaymentRefundFailed(order_id=ORDER, reason="card_closed"),
    StockReservationExpired(order_id=ORDER),
]


def every_type() -> set[type[Message]]:
    for module in pkgutil.iter_modules(messages.__path__):
        importlib.import_module(f"messages.{module.name}")
    leaves, found = [Message], set()
    while leaves:
        kind = leaves.pop()
        leaves += kind.__subclasses__()
        if kind.__module__.startswith("messages.") and kind.__struct_config__.tag:
            found.add(kind)
    return found


def test_every_message_has_an_example_here() -> None:
    assert {type(example) for example in EXAMPLES} == every_type()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type())
def test_a_message_is_written_as_it_always_was(example: Message) -> None:
    golden = (GOLDEN / f"{example.type()}.json").read_bytes().strip()
    assert msgspec.json.encode(example) == golden


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type())
def test_what_was_always_written_can_be_read(example: Message) -> None:
    golden = (GOLDEN / f"{example.type()}.json").read_bytes()
    assert msgspec.json.decode(golden, type=type(example)) == example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type())
def test_a_field_of_a_newer_version_does_no_harm(example: Message) -> None:
    newer = {**json.loads(msgspec.json.encode(example)), "fromTheFuture": 1}
    assert msgspec.json.decode(json.dumps(newer), type=type(example)) == example
