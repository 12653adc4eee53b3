"""What is handed to the broker: a body, its properties, and an address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import random
from socket import gethostname
from typing import Any

from pamqp.commands import Basic
from uuid_utils.compat import uuid7

from messages.post.envelope import Envelope
from messages.post.topology import DEAD, EVENTS, LADDER, WORK
from messages.post.wire import PERSISTENT, properties
from workers.runtime.delivery import Delivery
from workers.runtime.verdict import Dead, Retry

LONGEST_HEADER = 1000
JITTER = 0.25
"""The share of a rung by which a wait may be shorter."""
DEFAULT = ""
"""The exchange that knows every queue by its name."""
PUT_OFF = LADDER[1]
"""Where a message waits that could not even be tried."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to publish. A ``mandatory`` parcel must reach a queue."""

    exchange: str
    key: str
    body: bytes
    properties: Basic.Properties
    mandatory: bool = True

    @property
    def message_id(self) -> str:
        """The id by which the broker returns what it cannot route."""
        return str(self.properties.message_id)


def event(envelope: Envelope, *, mandatory: bool) -> Parcel:
    """Address an envelope to its one queue if it names one, else to everyone who listens to its type."""
    if envelope.address:
        sent_again = {"letter": str(envelope.letter)} if envelope.letter else None
        return Parcel(WORK, envelope.address, bytes(envelope.body), properties(envelope, sent_again))
    return Parcel(EVENTS, envelope.type, bytes(envelope.body), properties(envelope), mandatory)


def again(delivery: Delivery, queue: str, verdict: Retry) -> Parcel:
    """Send a delivery through a rung of the ladder, back to its own queue, with the next attempt's number.

    It waits a little less than the rung does, by chance: what failed at once need not come back at once.
    """
    headers = {**_failed(delivery), "attempt": delivery.attempt + 1}
    sent = _like(delivery, headers)
    sent.expiration = str(round(verdict.rung.seconds * 1000 * (1 - JITTER * random())))  # noqa: S311 - no secret
    return Parcel(verdict.rung.name, queue, delivery.body, sent)


def by_wait(parcels: Iterable[Parcel]) -> list[Parcel]:
    """Sort parcels so that none waits in a rung behind one that stays for longer: it would wait as long."""
    return sorted(parcels, key=lambda parcel: int(parcel.properties.expiration or 0))


def later(delivery: Delivery, queue: str) -> Parcel:
    """Send a delivery back to its own queue in a while, as if it had not come yet."""
    return Parcel(PUT_OFF.name, queue, delivery.body, _unchanged(delivery))


def onward(delivery: Delivery, queue: str) -> Parcel:
    """Send a delivery to the queue that it was meant for, past every exchange that may not know the way."""
    return Parcel(DEFAULT, queue, delivery.body, _unchanged(delivery))


def dead(delivery: Delivery, queue: str, verdict: Dead, *, worker: str, traceback: str = "") -> Parcel:
    """Send a delivery to the dead queue of its queue, with what an operator needs to know."""
    known = {
        "reason": verdict.reason,
        "error": verdict.error,
        "traceback": traceback[:LONGEST_HEADER],
        "worker": worker,
        "host": gethostname(),
        "queue": queue,
    }
    return Parcel(DEAD, queue, delivery.body, _like(delivery, {**_failed(delivery), **known}))


def _unchanged(delivery: Delivery) -> Basic.Properties:
    return _like(delivery, {**_kept(delivery), "attempt": delivery.attempt})


def _failed(delivery: Delivery) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"first-failed-at": now, **_kept(delivery), "last-failed-at": now, "attempt": delivery.attempt}


def _kept(delivery: Delivery) -> dict[str, Any]:
    return {name: value for name, value in delivery.headers.items() if _is_kept(name, value)}


def _is_kept(name: str, value: object) -> bool:
    """The broker's own headers are believed when they come back, and large ones may not fit a frame any more."""
    return not name.startswith("x-") and len(name) + len(str(value)) <= LONGEST_HEADER


def _like(delivery: Delivery, headers: dict[str, Any]) -> Basic.Properties:
    """Keep what says what the message is, and nothing that only its first sender may claim."""
    props = delivery.properties
    return Basic.Properties(
        message_id=props.message_id or str(uuid7()),
        message_type=props.message_type,
        correlation_id=props.correlation_id,
        timestamp=props.timestamp,
        app_id=props.app_id,
        content_type=props.content_type,
        content_encoding=props.content_encoding,
        delivery_mode=PERSISTENT,
        headers=headers,
    )
