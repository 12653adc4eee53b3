"""A message on its way: the body as bytes, and what the broker and the next room need to know of it."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from messages import Message

_encoder = msgspec.json.Encoder()


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A message with its identity. ``attempt`` counts from 1; ``subject`` is the order, if the message is about one.

    With an ``address`` it goes to that one queue; without, to everyone who listens to its type. ``letter`` is the dead
    letter that is sent again: what dies a second time, all else being the same, is another letter.
    """

    message_id: UUID
    type: str
    body: msgspec.Raw
    subject: UUID
    sent_at: datetime
    said_by: str
    causation_id: UUID | None = None
    traceparent: str | None = None
    attempt: int = 1
    address: str | None = None
    letter: UUID | None = None


def enclose(
    message: Message, *, said_by: str, cause: Envelope | None = None, traceparent: str | None = None
) -> Envelope:
    """Put a new message into an envelope of its own, caused by ``cause`` if another message led to it."""
    return Envelope(
        message_id=uuid7(),
        type=message.type(),
        body=msgspec.Raw(_encoder.encode(message)),
        subject=message.subject,
        sent_at=datetime.now(UTC),
        said_by=said_by,
        causation_id=cause.message_id if cause else None,
        traceparent=cause.traceparent if cause else traceparent,
    )
