"""What happened to an order's dead letters, for its timeline."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.timeline import Entry, Told, told

_BURIED = text("""
    SELECT subject, message_id, queue, type, attempts, reason, error, last_failed_at AS at FROM operations.dead_letter
     WHERE subject = ANY(cast(:subjects AS uuid[])) AND worker IS NULL ORDER BY id
""")
_DONE = text("""
    SELECT l.subject, l.message_id, l.queue, l.type, a.kind, a.who, a.why, a.at
      FROM operations.dead_letter l JOIN operations.dead_letter_action a ON a.letter_id = l.id
     WHERE l.subject = ANY(cast(:subjects AS uuid[])) ORDER BY a.id
""")
PULSE = """
    SELECT 'letters' AS source, l.subject AS order_id, count(*) + count(DISTINCT l.id) AS beat
      FROM operations.dead_letter l LEFT JOIN operations.dead_letter_action a ON a.letter_id = l.id
     WHERE l.subject = ANY(cast(:orders AS uuid[])) GROUP BY l.subject
"""
"""A number for each order that grows with every letter, and with everything that is done to one."""
KINDS = {
    "replay": "letter.replayed",
    "drop": "letter.dropped",
    "edit": "letter.edited",
    "note": "letter.noted",
}


async def timelines(tx: AsyncConnection, orders: Sequence[UUID]) -> Told:
    """Tell what operators did to the letters of orders, and what the broker itself took off its queues.

    What a worker gave up is told by the post: it was written down when it happened.
    """
    buried = [(row.subject, _buried(row)) for row in await tx.execute(_BURIED, {"subjects": list(orders)})]
    done = [(row.subject, _done(row)) for row in await tx.execute(_DONE, {"subjects": list(orders)})]
    return told([*buried, *done])


def _buried(row: Any) -> Entry:
    known = {"queue": row.queue, "type": row.type, "attempt": row.attempts, "error": row.error, "reason": row.reason}
    return _entry(row, "message.dead", known)


def _done(row: Any) -> Entry:
    return _entry(row, KINDS[row.kind], {"queue": row.queue, "type": row.type, "by": row.who, "why": row.why})


def _entry(row: Any, kind: str, detail: dict[str, Any]) -> Entry:
    room, _, _ = row.queue.partition("_")
    known = {name: value for name, value in detail.items() if value is not None}
    return Entry(at=row.at, room=room.lower(), kind=kind, detail=known, message_id=row.message_id)
