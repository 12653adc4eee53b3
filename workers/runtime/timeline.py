"""One thing that happened to an order, as any room tells it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What happened, when, and in which room; the ids say which message brought it and what that message came from."""

    at: datetime
    room: str
    kind: str
    detail: dict[str, Any] = {}
    message_id: UUID | None = None
    causation_id: UUID | None = None
