"""The line of what is due, one for each channel: taken, leased and settled in sets."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.notification import rules
from workers.notification.errands import LEASE_SECONDS, Answer, Channel, Due, Mail, Note, Postponed, Sent

_DUE = text("""
    SELECT n.id, n.about, n.order_id, n.template, n.channel, n.detail, cardinality(n.resends) AS resends,
           coalesce(cast(extract(epoch FROM now() - n.tried_since) AS float8), 0) AS tried_for,
           r.about IS NOT NULL AS is_known, r.name, r.email, r.phone
      FROM notification.notification n LEFT JOIN notification.recipient r USING (about)
     WHERE n.channel = :channel AND n.status = 'PENDING' AND n.due_at <= now()
     ORDER BY n.due_at LIMIT :limit FOR NO KEY UPDATE OF n SKIP LOCKED
""")
_LEASE = text("""
    UPDATE notification.notification n
       SET due_at = now() + :seconds * interval '1 second', leased_until = now() + :seconds * interval '1 second',
           recipient = note.recipient, subject = note.subject, body = note.body
      FROM unnest(cast(:ids AS uuid[]), cast(:recipients AS text[]), cast(:subjects AS text[]),
                  cast(:bodies AS text[])) AS note (id, recipient, subject, body)
     WHERE n.id = note.id
""")
_WAIT = text("""
    UPDATE notification.notification SET due_at = now() + interval '10 seconds' WHERE id = ANY(cast(:ids AS uuid[]))
""")
_DROP = text("DELETE FROM notification.notification WHERE id = ANY(cast(:ids AS uuid[]))")
_SETTLE = text("""
    WITH answer AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:statuses AS text[]), cast(:outcomes AS text[]),
                             cast(:errors AS text[]), cast(:references AS text[]), cast(:pauses AS int[]))
            AS answer (id, status, outcome, error, reference, pause)
    ), locked AS (
        SELECT id FROM notification.notification WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    ), settled AS (
        UPDATE notification.notification n
           SET status = answer.status, attempts = n.attempts + 1, updated_at = now(), leased_until = NULL,
               due_at = now() + answer.pause * interval '1 second',
               tried_since = CASE answer.status WHEN 'PENDING' THEN coalesce(n.tried_since, now()) END,
               sent_at = CASE answer.status WHEN 'SENT' THEN now() ELSE n.sent_at END
          FROM locked JOIN answer USING (id)
         WHERE n.id = locked.id AND n.status = 'PENDING'
        RETURNING n.id, n.attempts, answer.outcome, answer.error, answer.reference
    )
    INSERT INTO notification.attempt (notification_id, number, outcome, error, reference)
    SELECT * FROM settled
""")


async def due(tx: AsyncConnection, channel: Channel, limit: int) -> list[Due]:
    """Return up to ``limit`` of a channel's notifications whose time has come and that nobody else holds."""
    return [Due(**row) for row in (await tx.execute(_DUE, {"channel": channel, "limit": limit})).mappings()]


async def lease(tx: AsyncConnection, notes: Sequence[Note]) -> None:
    """Keep notes for this process for a while, and write down what is sent."""
    await tx.execute(
        _LEASE,
        {
            "seconds": LEASE_SECONDS,
            "ids": [note.subject for note in notes],
            "recipients": [note.address for note in notes],
            "subjects": [note.title if isinstance(note, Mail) else None for note in notes],
            "bodies": [note.text for note in notes],
        },
    )


async def wait(tx: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Look at these again later. It is only a safety net: hearing of what they are about wakes them."""
    await tx.execute(_WAIT, {"ids": list(ids)})


async def drop(tx: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Forget texts that were written down before it was known that their recipient has no telephone."""
    await tx.execute(_DROP, {"ids": list(ids)})


async def settle(tx: AsyncConnection, answers: Sequence[Answer]) -> None:
    """Write down what was answered, and keep it as an attempt."""
    await tx.execute(
        _SETTLE,
        {
            "ids": [answer.subject for answer in answers],
            "statuses": [rules.status(answer) for answer in answers],
            "outcomes": [rules.result(answer) for answer in answers],
            "errors": [None if isinstance(answer, Sent) else answer.reason for answer in answers],
            "references": [answer.reference if isinstance(answer, Sent) else None for answer in answers],
            "pauses": [answer.seconds if isinstance(answer, Postponed) else 0 for answer in answers],
        },
    )
