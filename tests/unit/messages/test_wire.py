"""An envelope survives the wire, and what is no envelope is refused with a sentence."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pamqp.commands import Basic

from messages.order import OrderFailed
from messages.post import wire
from messages.post.envelope import Envelope, enclose
from messages.post.wire import Undecodable


def example() -> Envelope:
    cause = enclose(OrderFailed(order_id=uuid4(), reason="x"), said_by="gateway", traceparent="00-ab-cd-01")
    return enclose(OrderFailed(order_id=cause.subject, reason="y"), said_by="order", cause=cause)


def test_everything_but_the_fraction_of_a_second_comes_back() -> None:
    sent = example()
    marshalled = wire.properties(sent).marshal()
    props = Basic.Properties()
    props.unmarshal(*_flags(marshalled))
    read = wire.envelope(props, bytes(sent.body))
    assert read.sent_at == sent.sent_at.replace(microsecond=0)
    assert [getattr(read, f) for f in _FIELDS] == [getattr(sent, f) for f in _FIELDS]


_FIELDS = ("message_id", "type", "body", "subject", "said_by", "causation_id", "traceparent", "attempt")


def _flags(marshalled: bytes) -> tuple[int, bytes]:
    return int.from_bytes(marshalled[:2], "big"), marshalled[2:]


def test_a_reply_names_its_cause_and_keeps_its_trace() -> None:
    reply = example()
    assert reply.causation_id is not None
    assert reply.traceparent == "00-ab-cd-01"


def test_messages_are_persistent_and_carry_the_order() -> None:
    sent = example()
    props = wire.properties(sent)
    assert (props.delivery_mode, props.correlation_id) == (2, str(sent.subject))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"message_type": None}, "the type property is missing"),
        ({"message_id": None}, "the message_id property is None, not a UUID"),
        ({"message_id": "7"}, "the message_id property is '7', not a UUID"),
        ({"correlation_id": None}, "the correlation_id property is None, not a UUID"),
        ({"headers": {"attempt": 0}}, "the attempt header is 0, not a count from 1"),
        ({"headers": {"attempt": "x"}}, "the attempt header is 'x', not a count from 1"),
        ({"headers": {"causation-id": "x"}}, "the causation-id property is 'x', not a UUID"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], sentence: str) -> None:
    props = wire.properties(example())
    for name, value in change.items():
        setattr(props, name, value)
    with pytest.raises(Undecodable, match=sentence):
        wire.envelope(props, b"{}")


def test_a_time_without_a_zone_is_utc_and_a_missing_one_is_now() -> None:
    props = wire.properties(example())
    props.timestamp = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - what the driver may give
    assert wire.envelope(props, b"{}").sent_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    props.timestamp = None
    assert wire.envelope(props, b"{}").sent_at.tzinfo is UTC
