"""Addresses: an event goes to everyone who listens, and what names a queue to that one only."""

from uuid import uuid4

import msgspec

from messages.order import OrderFailed
from messages.post.envelope import Envelope, enclose
from messages.post.topology import EVENTS, WORK
from workers.runtime.parcel import event

SENT = enclose(OrderFailed(order_id=uuid4(), reason="x"), said_by="order")


def test_an_event_goes_to_everyone_who_listens() -> None:
    parcel = event(SENT, mandatory=False)
    assert (parcel.exchange, parcel.key, parcel.mandatory) == (EVENTS, "order.failed", False)


def test_what_names_a_queue_goes_there_and_must_arrive() -> None:
    parcel = event(msgspec.structs.replace(SENT, address="Notification_OrderFailed"), mandatory=False)
    assert (parcel.exchange, parcel.key, parcel.mandatory) == (WORK, "Notification_OrderFailed", True)


def test_an_address_is_written_only_where_there_is_one() -> None:
    written = msgspec.json.encode(SENT)
    assert b"address" not in written
    assert msgspec.json.decode(written, type=Envelope) == SENT
    named = msgspec.structs.replace(SENT, address="Notification_OrderFailed")
    assert msgspec.json.decode(msgspec.json.encode(named), type=Envelope) == named
