"""What is written of notifications, in sets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages import OrderMessage
from messages.order import OrderCreated
from workers.notification import rules
from workers.notification.rules import LEASE_SECONDS, Due, Mail, Postponed, Refused, Sent
from workers.runtime.batch import Batch

_encoder = msgspec.json.Encoder()

_RECORD = text("""
    INSERT INTO notification.notification (id, order_id, template, detail, message_id)
    SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]), cast(:templates AS text[]),
                         cast(:details AS json[]), cast(:messages AS uuid[])) AS said (id, order_id)
     ORDER BY order_id
    ON CONFLICT (order_id, template, channel) DO NOTHING
""")
_REMEMBER = text("""
    INSERT INTO notification.recipient (order_id, user_id, name, email)
    SELECT * FROM unnest(cast(:orders AS uuid[]), cast(:users AS uuid[]), cast(:names AS text[]),
                         cast(:emails AS text[])) AS known (order_id)
     ORDER BY order_id
    ON CONFLICT (order_id) DO NOTHING
""")
_WAKE = text("""
    UPDATE notification.notification n SET due_at = now()
      FROM (SELECT id FROM notification.notification
             WHERE order_id = ANY(cast(:orders AS uuid[])) AND status = 'PENDING' AND attempts = 0 AND due_at > now()
             ORDER BY id FOR NO KEY UPDATE) waiting
     WHERE n.id = waiting.id
""")
_DUE = text("""
    SELECT n.id, n.order_id, n.template, n.channel, n.detail, n.attempts, r.name, r.email
      FROM notification.notification n LEFT JOIN notification.recipient r USING (order_id)
     WHERE n.status = 'PENDING' AND n.due_at <= now()
     ORDER BY n.due_at LIMIT :limit FOR NO KEY UPDATE OF n SKIP LOCKED
""")
_LEASE = text("""
    UPDATE notification.notification n
       SET attempts = attempts + 1, due_at = now() + :seconds * interval '1 second',
           recipient = mail.recipient, subject = mail.subject, body = mail.body
      FROM unnest(cast(:ids AS uuid[]), cast(:recipients AS text[]), cast(:subjects AS text[]),
                  cast(:bodies AS text[])) AS mail (id, recipient, subject, body)
     WHERE n.id = mail.id
""")
_WAIT = text("""
    UPDATE notification.notification SET due_at = now() + interval '10 seconds' WHERE id = ANY(cast(:ids AS uuid[]))
""")
_SETTLE = text("""
    WITH answer AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:statuses AS text[]), cast(:errors AS text[]),
                             cast(:pauses AS int[])) AS answer (id, status, error, pause)
    ), locked AS (
        SELECT id FROM notification.notification WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE notification.notification n
       SET status = answer.status, error = answer.error, updated_at = now(),
           due_at = now() + answer.pause * interval '1 second',
           sent_at = CASE WHEN answer.status = 'SENT' THEN now() END
      FROM locked JOIN answer USING (id)
     WHERE n.id = locked.id AND n.status = 'PENDING'
""")


async def record(tx: AsyncConnection, said: Batch[Any]) -> None:
    """Write down one notification for each message, unless it is there already."""
    messages: Sequence[OrderMessage] = said
    await tx.execute(
        _RECORD,
        {
            "ids": [uuid7() for _ in messages],
            "orders": [message.order_id for message in messages],
            "templates": [rules.TEMPLATES[type(message)] for message in messages],
            "details": [_encoder.encode(rules.detail(message)).decode() for message in messages],
            "messages": list(said.ids),
        },
    )


async def remember(tx: AsyncConnection, created: Sequence[OrderCreated]) -> None:
    """Remember whom each order's mails go to, and wake those that were waiting to know."""
    orders = [message.order_id for message in created]
    await tx.execute(
        _REMEMBER,
        {
            "orders": orders,
            "users": [message.customer.user_id for message in created],
            "names": [message.customer.name for message in created],
            "emails": [message.customer.email for message in created],
        },
    )
    await tx.execute(_WAKE, {"orders": orders})


async def due(tx: AsyncConnection, limit: int) -> list[Due]:
    """Return up to ``limit`` notifications whose time has come and that nobody else holds."""
    return [Due(**row) for row in (await tx.execute(_DUE, {"limit": limit})).mappings()]


async def lease(tx: AsyncConnection, mails: Sequence[Mail]) -> None:
    """Keep mails for this process for a while, and write down what is sent."""
    await tx.execute(
        _LEASE,
        {
            "seconds": LEASE_SECONDS,
            "ids": [mail.subject for mail in mails],
            "recipients": [mail.address for mail in mails],
            "subjects": [mail.title for mail in mails],
            "bodies": [mail.text for mail in mails],
        },
    )


async def wait(tx: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Look at these again later. It is only a safety net: hearing of their orders wakes them."""
    await tx.execute(_WAIT, {"ids": list(ids)})


async def settle(tx: AsyncConnection, answers: Sequence[Sent | Refused | Postponed]) -> None:
    """Write down what the mail server said."""
    await tx.execute(
        _SETTLE,
        {
            "ids": [answer.subject for answer in answers],
            "statuses": [rules.status(answer) for answer in answers],
            "errors": [None if isinstance(answer, Sent) else answer.reason for answer in answers],
            "pauses": [answer.seconds if isinstance(answer, Postponed) else 0 for answer in answers],
        },
    )
