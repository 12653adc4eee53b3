"""Writing dead letters, and what operators do to them: each change compares the status, so that it happens once."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.dead.found import Found
from workers.dead.views import Letter, letters

_KEEP = text("""
    INSERT INTO operations.dead_letter (id, fingerprint, queue, found_in, message_id, type, subject, said_by, sent_at,
                                        causation_id, traceparent, reason, error, pattern, traceback, worker, host,
                                        attempts, first_failed_at, last_failed_at, properties, body)
    SELECT * FROM unnest(cast(:id AS uuid[]), cast(:fingerprint AS uuid[]), cast(:queue AS text[]),
                         cast(:found_in AS text[]), cast(:message_id AS uuid[]), cast(:type AS text[]),
                         cast(:subject AS uuid[]), cast(:said_by AS text[]), cast(:sent_at AS timestamptz[]),
                         cast(:causation_id AS uuid[]), cast(:traceparent AS text[]), cast(:reason AS text[]),
                         cast(:error AS text[]), cast(:pattern AS text[]), cast(:traceback AS text[]),
                         cast(:worker AS text[]), cast(:host AS text[]), cast(:attempts AS int[]),
                         cast(:first_failed_at AS timestamptz[]), cast(:last_failed_at AS timestamptz[]),
                         cast(:properties AS json[]), cast(:body AS bytea[]))
    ON CONFLICT (fingerprint) DO NOTHING
""")
_LOCK = text("""
    SELECT id FROM operations.dead_letter WHERE id = ANY(cast(:ids AS uuid[])) AND status = 'dead'
     ORDER BY id FOR UPDATE
""")
_SETTLE = text("""
    UPDATE operations.dead_letter SET status = :status, settled_at = now()
     WHERE id = ANY(cast(:ids AS uuid[])) AND status = 'dead'
""")
_EDIT = text("""
    UPDATE operations.dead_letter SET body = :body, original = coalesce(original, body)
     WHERE id = :id AND status = 'dead' RETURNING id
""")
_ACT = text("""
    INSERT INTO operations.dead_letter_action (letter_id, kind, who, why)
    SELECT id, :kind, :who, :why FROM unnest(cast(:ids AS uuid[])) AS id ORDER BY id
""")
_EXPIRE = text("""
    DELETE FROM operations.dead_letter WHERE id IN (
        SELECT id FROM operations.dead_letter WHERE status <> 'dead' AND settled_at < :before
         ORDER BY settled_at LIMIT :limit FOR UPDATE SKIP LOCKED)
""")


class Kind(StrEnum):
    """What is done to a letter."""

    REPLAY = "replay"
    DROP = "drop"
    EDIT = "edit"
    NOTE = "note"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """Who does something to a letter, and why."""

    by: str
    why: str | None = None


async def keep(tx: AsyncConnection, found: Sequence[Found]) -> int:
    """Write down letters that are not written down yet, and return how many those were."""
    rows = sorted(found, key=lambda each: each.fingerprint)
    columns = {name: [getattr(row, name) for row in rows] for name in Found.__struct_fields__}
    return (await tx.execute(_KEEP, columns)).rowcount


async def claim(tx: AsyncConnection, ids: Sequence[UUID]) -> list[Letter]:
    """Return those letters that are dead still, oldest first; until ``tx`` ends nobody else can settle or edit them."""
    locked = [row.id for row in await tx.execute(_LOCK, {"ids": list(ids)})]
    return await letters(tx, locked)


async def replayed(tx: AsyncConnection, claimed: Sequence[UUID], signed: Signed) -> None:
    """Note that claimed letters go back to their queues."""
    await tx.execute(_SETTLE, {"ids": list(claimed), "status": "replayed"})
    await _act(tx, claimed, Kind.REPLAY, signed)


async def dropped(tx: AsyncConnection, claimed: Sequence[UUID], signed: Signed) -> None:
    """Note that nobody will handle claimed letters."""
    await tx.execute(_SETTLE, {"ids": list(claimed), "status": "dropped"})
    await _act(tx, claimed, Kind.DROP, signed)


async def edit(tx: AsyncConnection, id: UUID, body: bytes, signed: Signed) -> bool:  # noqa: A002 - as in every room
    """Change what a letter says, and keep what it said at first; return whether it is dead still."""
    if not (await tx.execute(_EDIT, {"id": id, "body": body})).all():
        return False
    await _act(tx, [id], Kind.EDIT, signed)
    return True


async def note(tx: AsyncConnection, id: UUID, signed: Signed) -> None:  # noqa: A002 - as in every room
    """Write something about a letter that exists, whatever became of it."""
    await _act(tx, [id], Kind.NOTE, signed)


async def expire(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Forget up to ``limit`` letters that were replayed or dropped before then; the dead stay. Return how many."""
    return (await tx.execute(_EXPIRE, {"before": before, "limit": limit})).rowcount


async def _act(tx: AsyncConnection, ids: Sequence[UUID], kind: Kind, signed: Signed) -> None:
    await tx.execute(_ACT, {"ids": list(ids), "kind": str(kind), "who": signed.by, "why": signed.why})
