"""What is known of a dead letter, when it is written and when it is read."""

from datetime import datetime
from uuid import UUID

import msgspec


class Buried(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter, but for how its properties are held."""

    id: UUID
    queue: str
    found_in: str
    message_id: UUID | None
    type: str | None
    subject: UUID | None
    said_by: str | None
    sent_at: datetime | None
    causation_id: UUID | None
    traceparent: str | None
    reason: str
    error: str
    pattern: str
    traceback: str | None
    worker: str | None
    host: str | None
    attempts: int
    first_failed_at: datetime
    last_failed_at: datetime
    body: bytes
