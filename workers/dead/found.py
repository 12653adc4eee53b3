"""A letter as it is found in a dead queue: whatever it is, there is a row for it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from pamqp.commands import Basic
from uuid_utils.compat import uuid7

from messages.post.topology import UNROUTED_QUEUE, work_queue
from workers.dead.buried import Buried
from workers.dead.pattern import pattern
from workers.runtime.delivery import Delivery

VOLATILE = frozenset({"x-delivery-count", "x-acquired-count"})
"""What the dead queue itself counts, and what therefore differs when the same letter is delivered again."""
LONGEST = 4000
UNROUTED = "unrouted"
UNKNOWN = "unknown"
_MOST_ATTEMPTS = 2**31 - 1
_KEPT = tuple(name for name in Basic.Properties.attributes() if name != "headers")


class Found(Buried, frozen=True, kw_only=True):
    """A row of ``operations.dead_letter`` as it is written: its properties are JSON."""

    fingerprint: UUID
    properties: str


def read(delivery: Delivery, found_in: str) -> Found:
    """Read a delivery from a dead queue; what cannot be read of it is left empty, and nothing is left out."""
    props, headers = delivery.properties, delivery.headers
    properties = _properties(props)
    queue = _queue(delivery, found_in)
    death = _death(headers, queue)
    reason, error = _cause(headers, death, queue, found_in)
    first, last = _times(headers, death)
    return Found(
        id=uuid7(),
        fingerprint=_fingerprint(found_in, properties, delivery.body),
        queue=queue,
        found_in=found_in,
        message_id=_uuid(props.message_id),
        type=_text(props.message_type),
        subject=_uuid(props.correlation_id),
        said_by=_text(props.app_id),
        sent_at=_at(props.timestamp),
        causation_id=_uuid(headers.get("causation-id")),
        traceparent=_text(headers.get("traceparent")),
        reason=reason,
        error=error,
        pattern=pattern(error),
        traceback=_text(headers.get("traceback")),
        worker=_text(headers.get("worker")) if death is None else None,
        host=_text(headers.get("host")) if death is None else None,
        attempts=min(delivery.attempt, _MOST_ATTEMPTS),
        first_failed_at=first,
        last_failed_at=last,
        properties=properties,
        body=delivery.body,
    )


def _queue(delivery: Delivery, found_in: str) -> str:
    """Return the queue that the letter was meant for."""
    if found_in != UNROUTED_QUEUE:
        return work_queue(found_in)
    named = _text(delivery.headers.get("queue"))
    return named or _text(delivery.key) or UNKNOWN


def _death(headers: Mapping[str, Any], queue: str) -> Mapping[str, Any] | None:
    """Return what the broker says of taking the letter off its queue, if it was the broker who did so."""
    deaths = headers.get("x-death")
    for death in deaths if isinstance(deaths, list) else []:
        if isinstance(death, dict) and death.get("queue") == queue:
            return death
    return None


def _cause(headers: Mapping[str, Any], death: Mapping[str, Any] | None, queue: str, found_in: str) -> tuple[str, str]:
    if death is not None:
        reason = _text(death.get("reason")) or UNKNOWN
        return reason, f"the broker took it off {queue}: {reason}"
    said = _text(headers.get("reason"))
    if said is None and found_in == UNROUTED_QUEUE:
        return UNROUTED, f"no queue takes {queue!r}"
    return said or UNKNOWN, _text(headers.get("error")) or "nothing says why it is here"


def _times(headers: Mapping[str, Any], death: Mapping[str, Any] | None) -> tuple[datetime, datetime]:
    died = _at(death.get("time")) if death else None
    last = died or _at(headers.get("last-failed-at")) or datetime.now(UTC)
    first = _at(headers.get("first-failed-at")) or last
    return min(first, last), last


def _fingerprint(found_in: str, properties: str, body: bytes) -> UUID:
    digest = blake2b(found_in.encode(), digest_size=16)
    for part in (properties.encode(), body):
        digest.update(len(part).to_bytes(8, "big") + part)
    return UUID(bytes=digest.digest())


def _properties(props: Basic.Properties) -> str:
    """Write everything but the body as JSON, the same for the same letter."""
    headers = {name: value for name, value in (props.headers or {}).items() if name not in VOLATILE}
    known = {name: getattr(props, name) for name in _KEPT}
    whole = {**{name: value for name, value in known.items() if value is not None}, "headers": headers}
    written = msgspec.json.encode(whole, enc_hook=str, order="sorted").decode()
    return written.replace("\\u0000", "\\ufffd")  # PostgreSQL cannot show it


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _at(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    """Return what PostgreSQL can keep as text."""
    if value is None:
        return None
    words = value.decode(errors="replace") if isinstance(value, bytes | bytearray) else str(value)
    return words.replace("\0", "\ufffd").encode(errors="replace").decode()[:LONGEST] or None
