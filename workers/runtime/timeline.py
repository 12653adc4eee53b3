"""One thing that happened to an order, as any room tells it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


def _nothing() -> dict[str, Any]:
    """Return no detail; ``omit_defaults`` knows ``dict`` itself, and would leave an empty one out."""
    return {}


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What happened, when, and in which room; the ids say which message brought it and what that message came from."""

    at: datetime
    room: str
    kind: str
    detail: dict[str, Any] = msgspec.field(default_factory=_nothing)
    message_id: UUID | None = None
    causation_id: UUID | None = None


Told = dict[UUID, list[Entry]]
"""What a room tells, order by order."""


def told(entries: Iterable[tuple[UUID, Entry]]) -> Told:
    """Gather entries by order; each order's stay in their order."""
    by_order: Told = defaultdict(list)
    for order, entry in entries:
        by_order[order].append(entry)
    return dict(by_order)
