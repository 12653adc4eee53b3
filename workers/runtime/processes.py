"""The processes of the fleet, as each of them announces itself."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.waiting import Waiting

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, Waiting])

_ANNOUNCE = text("""
    INSERT INTO operations.process AS known (id, room, host, pid, started_at, busy, memory, waiting)
    VALUES (:id, :room, :host, :pid, :started_at, :busy, :memory, cast(:waiting AS json))
    ON CONFLICT (id) DO UPDATE
       SET (seen_at, busy, memory, waiting) = (now(), excluded.busy, excluded.memory, excluded.waiting)
""")
_LEAVE = text("DELETE FROM operations.process WHERE id = :id")
_PRESENT = text("""
    SELECT id, room, host, pid, started_at, seen_at, busy, memory, cast(waiting AS text) AS waiting,
           extract(epoch FROM now() - seen_at) AS silent_seconds
      FROM operations.process ORDER BY room, host, started_at, id
""")
_EXPIRE = text("""
    DELETE FROM operations.process WHERE id IN (
        SELECT id FROM operations.process WHERE seen_at < :before ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
""")


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process; ``busy`` is its share of a core since it spoke before, ``memory`` what it has resident, in bytes."""

    id: UUID
    room: str
    host: str
    pid: int
    started_at: datetime
    busy: float
    memory: int
    waiting: Mapping[str, Waiting]
    """Its queues, and other parts, that wait."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A process when it spoke last, and for how long it has been silent since, by the database's clock."""

    process: Process
    seen_at: datetime
    silent_seconds: float


async def announce(tx: AsyncConnection, process: Process) -> None:
    """Say that a process lives, and how it is."""
    values = {name: getattr(process, name) for name in Process.__struct_fields__}
    await tx.execute(_ANNOUNCE, {**values, "waiting": _encoder.encode(process.waiting).decode()})


async def leave(tx: AsyncConnection, id: UUID) -> None:  # noqa: A002 - as in every room
    """Say that a process ends."""
    await tx.execute(_LEAVE, {"id": id})


async def present(tx: AsyncConnection) -> list[Seen]:
    """Return every process that has not said that it ends."""
    seen = []
    for row in (await tx.execute(_PRESENT)).mappings():
        told = {name: row[name] for name in Process.__struct_fields__}
        process = Process(**{**told, "waiting": _decoder.decode(row["waiting"])})
        seen.append(Seen(process=process, seen_at=row["seen_at"], silent_seconds=float(row["silent_seconds"])))
    return seen


async def expire(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Forget up to ``limit`` processes that have been silent since ``before``; return how many those were."""
    return (await tx.execute(_EXPIRE, {"before": before, "limit": limit})).rowcount
