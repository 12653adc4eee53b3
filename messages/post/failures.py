"""What went wrong with a message before it was handled or given up: for its order's timeline, not for its handling."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.topology import LADDER

_RECORD = text("""
    INSERT INTO post.failure (subject, consumer, message_id, type, attempt, error, rung, reason)
    SELECT * FROM unnest(cast(:subjects AS uuid[]), cast(:consumers AS text[]), cast(:message_ids AS uuid[]),
                         cast(:types AS text[]), cast(:attempts AS int[]), cast(:errors AS text[]),
                         cast(:rungs AS text[]), cast(:reasons AS text[]))
""")
_ABOUT = text("""
    SELECT subject, consumer, message_id, type, attempt, error, rung, reason, at FROM post.failure
     WHERE subject = ANY(cast(:subjects AS uuid[])) ORDER BY subject, id
""")
_EXPIRE = text("""
    DELETE FROM post.failure WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM post.failure WHERE at < :before ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_RETRYING = text("""
    SELECT consumer, count(*) AS messages
      FROM post.failure f JOIN unnest(cast(:rungs AS text[]), cast(:seconds AS int[])) AS l (rung, seconds) USING (rung)
     WHERE at > now() - cast(:longest AS interval) AND at > now() - l.seconds * interval '1 second'
     GROUP BY consumer
""")
PULSE = """
    SELECT 'failures' AS source, subject AS order_id, count(*) AS beat FROM post.failure
     WHERE subject = ANY(cast(:orders AS uuid[])) GROUP BY subject
"""
"""A number for each order that changes with every failure."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that failed. It comes again by ``rung``, or it is dead, and ``reason`` says why in a word."""

    subject: UUID
    consumer: str
    message_id: UUID
    type: str | None
    attempt: int
    error: str
    rung: str | None = None
    reason: str | None = None
    at: datetime | None = None
    """When it was written down, by the database's clock."""


async def record(tx: AsyncConnection, failed: Sequence[Failure]) -> None:
    """Write down what failed."""
    names = ("subject", "consumer", "message_id", "type", "attempt", "error", "rung", "reason")
    await tx.execute(_RECORD, {f"{name}s": [getattr(each, name) for each in failed] for name in names})


async def about(tx: AsyncConnection, subjects: Sequence[UUID]) -> list[Failure]:
    """Return every attempt about ``subjects`` that failed, each subject's oldest first."""
    return [Failure(**row) for row in (await tx.execute(_ABOUT, {"subjects": list(subjects)})).mappings()]


async def retrying(tx: AsyncConnection) -> dict[str, int]:
    """Count by queue the messages that failed and are not back from their rung yet."""
    longest = timedelta(seconds=max(rung.seconds for rung in LADDER))
    ladder = {"rungs": [rung.name for rung in LADDER], "seconds": [rung.seconds for rung in LADDER], "longest": longest}
    return {row.consumer: row.messages for row in await tx.execute(_RETRYING, ladder)}


async def expire(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete at most ``limit`` failures that are older than ``before``, and return how many there were."""
    return (await tx.execute(_EXPIRE, {"before": before, "limit": limit})).rowcount
