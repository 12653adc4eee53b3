"""What is written of notifications, in sets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages import OrderMessage
from workers.notification import rules
from workers.notification.rules import Recipient
from workers.runtime.batch import Batch

_encoder = msgspec.json.Encoder()

_SAID = """
    unnest(cast(:ids AS uuid[]), cast(:abouts AS uuid[]), cast(:orders AS uuid[]), cast(:templates AS text[]),
           cast(:details AS json[]), cast(:messages AS uuid[]))
        AS said (id, about, order_id, template, detail, message_id)
"""
_RECORD = text(f"""
    INSERT INTO notification.notification (id, about, order_id, template, detail, message_id)
    SELECT * FROM {_SAID} ORDER BY about
    ON CONFLICT (about, template, channel) DO NOTHING
""")  # noqa: S608 - both parts are ours
_RECORD_SMS = text(f"""
    INSERT INTO notification.notification (id, about, order_id, template, detail, message_id, channel)
    SELECT said.*, 'SMS' FROM {_SAID} LEFT JOIN notification.recipient r USING (about)
     WHERE r.about IS NULL OR r.phone IS NOT NULL
     ORDER BY about
    ON CONFLICT (about, template, channel) DO NOTHING
""")  # noqa: S608 - both parts are ours
_REMEMBER = text("""
    INSERT INTO notification.recipient (about, user_id, name, email, phone)
    SELECT * FROM unnest(cast(:abouts AS uuid[]), cast(:users AS uuid[]), cast(:names AS text[]),
                         cast(:emails AS text[]), cast(:phones AS text[])) AS known (about)
     ORDER BY about
    ON CONFLICT (about) DO NOTHING
""")
_WAKE = text("""
    UPDATE notification.notification n SET due_at = now()
      FROM (SELECT id FROM notification.notification
             WHERE about = ANY(cast(:abouts AS uuid[])) AND status = 'PENDING' AND recipient IS NULL AND due_at > now()
             ORDER BY id FOR NO KEY UPDATE) waiting
     WHERE n.id = waiting.id
""")
_RESEND = text("""
    UPDATE notification.notification
       SET status = 'PENDING', updated_at = now(),
           due_at = CASE WHEN leased_until > now() THEN due_at ELSE now() END,
           resends = CASE status WHEN 'PENDING' THEN resends ELSE resends || now() END,
           tried_since = CASE status WHEN 'PENDING' THEN tried_since END
     WHERE id = :id
""")


async def record(tx: AsyncConnection, said: Batch[Any]) -> None:
    """Write down one mail for each message, unless it is there already."""
    await tx.execute(_RECORD, _said(said))


async def record_sms(tx: AsyncConnection, said: Batch[Any]) -> None:
    """Write down one text for each message whose recipient has a telephone, or is not known yet."""
    await tx.execute(_RECORD_SMS, _said(said))


async def remember(tx: AsyncConnection, recipients: Sequence[Recipient]) -> None:
    """Remember whom to tell, and wake what was waiting to know."""
    abouts = [recipient.about for recipient in recipients]
    await tx.execute(
        _REMEMBER,
        {
            "abouts": abouts,
            "users": [recipient.user_id for recipient in recipients],
            "names": [recipient.name for recipient in recipients],
            "emails": [recipient.email for recipient in recipients],
            "phones": [recipient.phone for recipient in recipients],
        },
    )
    await tx.execute(_WAKE, {"abouts": abouts})


async def resend(tx: AsyncConnection, id: UUID) -> None:  # noqa: A002 - what the caller has
    """Send a notification once more. One that is to be sent anyway is due now, unless it is being sent just now."""
    await tx.execute(_RESEND, {"id": id})


def _said(said: Batch[Any]) -> dict[str, Any]:
    return {
        "ids": [uuid7() for _ in said],
        "abouts": [rules.about(message, id_) for message, id_ in zip(said, said.ids, strict=True)],
        "orders": [message.order_id if isinstance(message, OrderMessage) else None for message in said],
        "templates": [rules.TEMPLATES[type(message)] for message in said],
        "details": [_encoder.encode(rules.detail(message)).decode() for message in said],
        "messages": list(said.ids),
    }
