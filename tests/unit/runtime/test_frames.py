"""Our reading of a delivery's frames against pamqp's, for whatever may be sent."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pamqp.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from workers.runtime import frames

HEAD = 7
SHORT = st.text(max_size=60).map(lambda text: text.encode(errors="ignore")[:120].decode(errors="ignore"))
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001 - made aware at once
SIMPLE: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), SHORT, st.binary(max_size=30).map(bytearray), TIMES
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(SHORT, inner, max_size=3)),
    max_leaves=6,
)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "content_type": SHORT,
        "content_encoding": SHORT,
        "headers": st.dictionaries(SHORT, VALUES, max_size=5),
        "delivery_mode": st.sampled_from([1, 2]),
        "priority": st.integers(0, 255),
        "correlation_id": SHORT,
        "reply_to": SHORT,
        "expiration": SHORT,
        "message_id": SHORT,
        "timestamp": TIMES,
        "message_type": SHORT,
        "user_id": SHORT,
        "app_id": SHORT,
    },
)


def both(header: ContentHeader) -> tuple[tuple[int, Basic.Properties], ContentHeader]:
    frame = bytes(pamqp.frame.marshal(header, 1))
    theirs = pamqp.frame.unmarshal(frame)[2]
    assert isinstance(theirs, ContentHeader)
    return frames.header(frame, HEAD, len(frame) - 1), theirs


@given(props=PROPERTIES, size=st.integers(0, 2**40))
def test_a_header_says_what_it_says_to_pamqp(props: dict[str, Any], size: int) -> None:
    (found, ours), theirs = both(ContentHeader(properties=Basic.Properties(**props), body_size=size))
    assert found == theirs.body_size == size
    for name in Basic.Properties.attributes():
        assert (getattr(ours, name) or None) == (getattr(theirs.properties, name) or None), name


def test_what_is_rare_in_a_table_is_read_as_well() -> None:
    rare: dict[str, Any] = {
        "n": 7,
        "price": Decimal("1.25"),
        "deaths": [{"count": 2, "time": datetime(2026, 1, 1, tzinfo=UTC)}],
    }
    (_, ours), theirs = both(ContentHeader(properties=Basic.Properties(headers=rare)))
    assert ours.headers == theirs.properties.headers == rare


@given(
    tag=st.integers(0, 2**63 - 1),
    again=st.booleans(),
    consumer=SHORT,
    exchange=st.sampled_from(["", "orderfleet.events"]),
)
def test_a_delivery_says_what_it_says_to_pamqp(*, tag: int, again: bool, consumer: str, exchange: str) -> None:
    method = Basic.Deliver(
        consumer_tag=consumer, delivery_tag=tag, redelivered=again, exchange=exchange, routing_key="order.created"
    )
    frame = bytes(pamqp.frame.marshal(method, 1))
    assert frame.startswith(frames.DELIVER, HEAD)
    assert frames.delivered(frame, HEAD + len(frames.DELIVER)) == (tag, again, "order.created")


def test_a_property_that_is_no_text_costs_nobody_the_connection() -> None:
    frame = bytearray(pamqp.frame.marshal(ContentHeader(properties=Basic.Properties(message_type="order")), 1))
    frame[frame.index(b"order")] = 0xFF
    _, properties = frames.header(bytes(frame), HEAD, len(frame) - 1)
    assert properties.message_type == "\ufffdrder"


@pytest.mark.parametrize("moment", [2**63, 2**64 - 1])
def test_a_time_beyond_all_times_is_none(moment: int) -> None:
    frame = bytearray(
        pamqp.frame.marshal(ContentHeader(properties=Basic.Properties(timestamp=datetime(2026, 1, 1, tzinfo=UTC))), 1)
    )
    frame[-9:-1] = moment.to_bytes(8, "big")
    _, properties = frames.header(bytes(frame), HEAD, len(frame) - 1)
    assert properties.timestamp is None
