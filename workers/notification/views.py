"""What is read of notifications."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.notification.rules import Status
from workers.notification.tables import notification, recipient
from workers.runtime.timeline import Entry

_TIMELINE = text("""
    SELECT template, channel, status, attempts, error, message_id, created_at, updated_at
      FROM notification.notification WHERE order_id = :order_id ORDER BY id
""")


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notification as HTTP shows it; what is in it is known once it is due, and whom it is for once the order is."""

    id: UUID
    order_id: UUID
    user_id: UUID | None
    template: str
    channel: Literal["EMAIL", "SMS"]
    recipient: str | None
    subject: str | None
    body: str | None
    status: Status
    attempts: int
    created_at: datetime
    sent_at: datetime | None


_JOINED = {
    "user_id": recipient.c.user_id,
    "recipient": func.coalesce(notification.c.recipient, recipient.c.email).label("recipient"),
}
_SELECT = select(
    *(_JOINED[f] if f in _JOINED else notification.c[f] for f in Notification.__struct_fields__)
).select_from(notification.outerjoin(recipient, recipient.c.order_id == notification.c.order_id))


async def get(tx: AsyncConnection, id: UUID) -> Notification | None:  # noqa: A002 - what the caller has
    """Return one notification."""
    row = (await tx.execute(_SELECT.where(notification.c.id == id))).mappings().one_or_none()
    return Notification(**row) if row else None


async def page(
    tx: AsyncConnection,
    *,
    limit: int,
    before: UUID | None = None,
    order_id: UUID | None = None,
    user_id: UUID | None = None,
) -> list[Notification]:
    """Return notifications, newest first, from the one after ``before``."""
    wanted = _SELECT.order_by(notification.c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(notification.c.id < before)
    if order_id:
        wanted = wanted.where(notification.c.order_id == order_id)
    if user_id:
        wanted = wanted.where(recipient.c.user_id == user_id)
    return [Notification(**row) for row in (await tx.execute(wanted)).mappings()]


async def timeline(tx: AsyncConnection, order_id: UUID) -> list[Entry]:
    """Tell what the customer was told, oldest first."""
    rows = (await tx.execute(_TIMELINE, {"order_id": order_id})).all()
    entries = [entry for row in rows for entry in _entries(row)]
    return sorted(entries, key=lambda entry: entry.at)


def _entries(row: Any) -> list[Entry]:
    detail = {"template": row.template, "channel": row.channel}
    recorded = _entry(row.created_at, "recorded", detail, row.message_id)
    match row.status:
        case "SENT":
            return [recorded, _entry(row.updated_at, "sent", detail)]
        case "FAILED":
            return [recorded, _entry(row.updated_at, "failed", {**detail, "error": row.error})]
        case _ if row.error:
            return [recorded, _entry(row.updated_at, "postponed", {**detail, "error": row.error})]
        case _:
            return [recorded]


def _entry(at: datetime, kind: str, detail: dict[str, Any], message_id: UUID | None = None) -> Entry:
    return Entry(at=at, room="notification", kind=f"notification.{kind}", detail=detail, message_id=message_id)
