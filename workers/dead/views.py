"""Reading dead letters: lists, groups, and what was done to them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.dead.buried import Buried
from workers.dead.pattern import group_key
from workers.dead.tables import dead_letter

_GROUPS = text("""
    SELECT queue, pattern, count(*) AS letters, min(first_failed_at) AS first, max(last_failed_at) AS last
      FROM operations.dead_letter WHERE status = 'dead' AND (cast(:queue AS text) IS NULL OR queue = :queue)
     GROUP BY queue, pattern ORDER BY letters DESC, queue, pattern
""")
_ACTIONS = text("""
    SELECT letter_id, kind, who, why, at FROM operations.dead_letter_action
     WHERE letter_id = ANY(cast(:ids AS uuid[])) ORDER BY id
""")
_STATUSES = text("SELECT id, status FROM operations.dead_letter WHERE id = ANY(cast(:ids AS uuid[]))")
_ABOUT = text("""
    SELECT message_id, count(*) AS letters FROM operations.dead_letter
     WHERE queue = :queue AND message_id = ANY(cast(:message_ids AS uuid[])) GROUP BY message_id
""")
_CHOSEN = text("""
    SELECT id FROM operations.dead_letter
     WHERE queue = :queue AND status = 'dead' AND (cast(:pattern AS text) IS NULL OR pattern = :pattern) ORDER BY id
""")
_AMONG = text("id = ANY(cast(:ids AS uuid[]))")  # one parameter, however many there are
_COLUMNS = [column for column in dead_letter.c if column.name != "fingerprint"]


class Action(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What somebody did to a letter: replay, drop, edit or note."""

    kind: str
    by: str
    why: str | None
    at: datetime


class Letter(Buried, frozen=True, kw_only=True):
    """A dead letter; ``original`` is what it said before it was edited."""

    properties: dict[str, Any]
    original: bytes | None
    status: str
    received_at: datetime
    settled_at: datetime | None

    @property
    def exception(self) -> str | None:
        """The name of the error, if it begins with one."""
        name, colon, _ = self.error.partition(": ")
        return name if colon and name.isidentifier() else None

    @property
    def frames(self) -> list[str]:
        """The places in the code, innermost first."""
        return self.traceback.split(" < ") if self.traceback else []


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of one queue that died of the same; ``error`` has no ids and numbers, and ``key`` is short for both."""

    key: str
    queue: str
    error: str
    count: int
    first: datetime
    last: datetime


async def page(
    tx: AsyncConnection,
    *,
    limit: int,
    before: UUID | None = None,
    queue: str | None = None,
    pattern: str | None = None,
    status: str | None = "dead",
) -> list[Letter]:
    """List letters, those that came last first, that came before ``before``; without ``status`` whatever it is."""
    wanted: list[ColumnElement[bool] | None] = [
        dead_letter.c.id < before if before else None,
        dead_letter.c.queue == queue if queue else None,
        dead_letter.c.pattern == pattern if pattern else None,
        dead_letter.c.status == status if status else None,
    ]
    query = select(*_COLUMNS).where(*(part for part in wanted if part is not None))
    return [_letter(row) for row in await tx.execute(query.order_by(dead_letter.c.id.desc()).limit(limit))]


async def chosen(tx: AsyncConnection, *, queue: str, pattern: str | None = None) -> list[UUID]:
    """Return the ids of the dead letters of a queue or a group, those that came first first."""
    return list((await tx.execute(_CHOSEN, {"queue": queue, "pattern": pattern})).scalars())


async def letters(tx: AsyncConnection, ids: Sequence[UUID]) -> list[Letter]:
    """Return letters, whatever became of them, those that came first first."""
    query = select(*_COLUMNS).where(_AMONG).order_by(dead_letter.c.id)
    return [_letter(row) for row in await tx.execute(query, {"ids": list(ids)})] if ids else []


async def get(tx: AsyncConnection, id: UUID) -> Letter | None:  # noqa: A002 - the contract of every room
    """Find one letter, whatever became of it."""
    return next(iter(await letters(tx, [id])), None)


async def groups(tx: AsyncConnection, queue: str | None = None) -> list[Group]:
    """Count what is dead by queue and error, the largest group first."""
    return [
        Group(
            key=group_key(row.queue, row.pattern),
            queue=row.queue,
            error=row.pattern,
            count=row.letters,
            first=row.first,
            last=row.last,
        )
        for row in await tx.execute(_GROUPS, {"queue": queue})
    ]


async def actions(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Action]]:
    """Tell what was done to letters, each one's oldest first."""
    found: defaultdict[UUID, list[Action]] = defaultdict(list)
    for row in await tx.execute(_ACTIONS, {"ids": list(ids)}):
        found[row.letter_id].append(Action(kind=row.kind, by=row.who, why=row.why, at=row.at))
    return dict(found)


async def statuses(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Say what became of letters; those that there are not are missing."""
    return {row.id: row.status for row in await tx.execute(_STATUSES, {"ids": list(ids)})}


async def deaths(tx: AsyncConnection, queue: str, message_ids: Sequence[UUID]) -> Counter[UUID]:
    """Count the letters that messages of a queue have left here, whatever became of those."""
    rows = await tx.execute(_ABOUT, {"queue": queue, "message_ids": list(message_ids)})
    return Counter({row.message_id: row.letters for row in rows})


def _letter(row: Any) -> Letter:
    return Letter(**row._mapping)  # noqa: SLF001 - its documented name
