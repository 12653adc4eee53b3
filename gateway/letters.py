"""Dead letters as HTTP shows them, and what may be asked about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from gateway.fields import Error, Id, QueueName, Words
from ops.dead.results import Forecast, Result
from workers.dead.views import Action, Group, Letter

MOST_IDS = 1000
Ids = Annotated[list[Id], Meta(min_length=1, max_length=MOST_IDS)]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message that could not be handled; `body` is its JSON, or its text when it is none."""

    id: UUID
    queue: str
    type: str | None
    order_id: UUID | None
    reason: str
    error: str
    worker: str | None
    attempts: int
    first_failed_at: datetime
    last_failed_at: datetime
    body: Any


class WholeLetter(DeadLetter, frozen=True, kw_only=True, rename="camel"):
    """Everything about a letter; `original` is its body before somebody edited it, and `traceback` our own frames."""

    status: str
    message_id: UUID | None
    exception: str | None
    traceback: list[str]
    host: str | None
    properties: dict[str, Any]
    original: Any
    received_at: datetime
    settled_at: datetime | None
    actions: list[Action]


class LetterGroup(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many letters of a queue died of the same; ids and numbers in the error are replaced by `#`."""

    queue: str
    error: str
    count: int


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of letters, those that came last first, and how many there are of each kind."""

    items: Sequence[DeadLetter]
    groups: Sequence[LetterGroup]
    next_cursor: str | None


class ReplayLetters(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which letters to send again: by their ids, by a group's `error`, or all of the queue."""

    queue: QueueName
    ids: Ids | None = None
    error: Error | None = None
    limit: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    dry_run: bool = False
    by: Words | None = None
    why: Words | None = None


class DropLetters(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which letters to give up for good."""

    queue: QueueName
    ids: Ids
    by: Words | None = None
    why: Words | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of each letter."""

    items: Sequence[Result]


class Replayed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of each letter."""

    items: Sequence[Result]
    dry_run: Literal[False] = False


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would become of each letter."""

    items: Sequence[Forecast]
    dry_run: Literal[True] = True


def shown(letter: Letter) -> DeadLetter:
    """Show a letter in a list."""
    return DeadLetter(**_known(letter))


def whole(letter: Letter, actions: Sequence[Action]) -> WholeLetter:
    """Show everything about a letter."""
    return WholeLetter(
        **_known(letter),
        status=letter.status,
        message_id=letter.message_id,
        exception=letter.exception,
        traceback=letter.frames,
        host=letter.host,
        properties=letter.properties,
        original=None if letter.original is None else _body(letter.original),
        received_at=letter.received_at,
        settled_at=letter.settled_at,
        actions=list(actions),
    )


def group(found: Group) -> LetterGroup:
    """Show a group."""
    return LetterGroup(queue=found.queue, error=found.error, count=found.count)


def _known(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "queue": letter.queue,
        "type": letter.type,
        "order_id": letter.subject,
        "reason": letter.reason,
        "error": letter.error,
        "worker": letter.worker,
        "attempts": letter.attempts,
        "first_failed_at": letter.first_failed_at,
        "last_failed_at": letter.last_failed_at,
        "body": _body(letter.body),
    }


def _body(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")
