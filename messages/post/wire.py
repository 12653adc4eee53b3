"""An envelope as AMQP properties, and back. Every ``x-*`` header stays behind: brokers believe what they are told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from pamqp.commands import Basic

from messages.post.envelope import Envelope

PERSISTENT = 2


class Undecodable(ValueError):  # noqa: N818 - reads as a verdict, and is one
    """A delivery that is not a message of ours: says which part, and why."""


def properties(envelope: Envelope, extra: Mapping[str, Any] | None = None) -> Basic.Properties:
    """Return the AMQP properties that carry everything of the envelope but its body."""
    headers: dict[str, Any] = {"attempt": envelope.attempt}
    if envelope.causation_id:
        headers["causation-id"] = str(envelope.causation_id)
    if envelope.traceparent:
        headers["traceparent"] = envelope.traceparent
    return Basic.Properties(
        message_id=str(envelope.message_id),
        message_type=envelope.type,
        correlation_id=str(envelope.subject),
        timestamp=envelope.sent_at,
        app_id=envelope.said_by,
        content_type="application/json",
        delivery_mode=PERSISTENT,
        headers={**headers, **extra} if extra else headers,
    )


def envelope(props: Basic.Properties, body: bytes) -> Envelope:
    """Read an envelope from a delivery.

    Raises:
        Undecodable: when the message id, the type or the subject is missing or malformed.
    """
    headers = props.headers or {}
    cause, trace, attempt = headers.get("causation-id"), headers.get("traceparent"), headers.get("attempt", 1)
    if not props.message_type:
        raise Undecodable("the type property is missing")
    if not isinstance(attempt, int) or attempt < 1:
        raise Undecodable(f"the attempt header is {attempt!r}, not a count from 1")
    return Envelope(
        message_id=_uuid("message_id", props.message_id),
        type=props.message_type,
        body=msgspec.Raw(body),
        subject=_uuid("correlation_id", props.correlation_id),
        sent_at=_utc(props.timestamp),
        said_by=props.app_id or "",
        causation_id=_uuid("causation-id", cause) if cause else None,
        traceparent=str(trace) if trace else None,
        attempt=attempt,
    )


def _uuid(what: str, value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise Undecodable(f"the {what} property is {value!r}, not a UUID") from None


def _utc(at: datetime | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
