"""What is read of notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.notification.rules import Status
from workers.notification.tables import notification, recipient
from workers.runtime.timeline import Entry, Told, told

_TIMELINES = text("""
    SELECT order_id, template, channel, status, attempts, error, message_id, created_at, updated_at
      FROM notification.notification WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY id
""")
PULSE = """
    SELECT 'notification' AS source, order_id,
           count(*) + cast(extract(epoch FROM max(updated_at)) * 1000000 AS bigint) AS beat
      FROM notification.notification WHERE order_id = ANY(cast(:orders AS uuid[])) GROUP BY order_id
"""
"""A number for each order that changes when its timeline does."""


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
    return (await timelines(tx, [order_id])).get(order_id, [])


async def timelines(tx: AsyncConnection, orders: Sequence[UUID]) -> Told:
    """Tell what the orders' customers were told, each oldest first."""
    rows = (await tx.execute(_TIMELINES, {"orders": list(orders)})).all()
    entries = [(row.order_id, entry) for row in rows for entry in _entries(row)]
    return told(sorted(entries, key=lambda pair: pair[1].at))


def _entries(row: Any) -> list[Entry]:
    detail = {"template": row.template, "channel": row.channel}
    recorded = _entry(row.created_at, "recorded", detail, row.message_id)
    tried = {**detail, "attempts": row.attempts}
    match row.status:
        case "SENT":
            return [recorded, _entry(row.updated_at, "sent", tried)]
        case "FAILED":
            return [recorded, _entry(row.updated_at, "failed", {**tried, "error": row.error})]
        case _ if row.error:
            return [recorded, _entry(row.updated_at, "postponed", {**tried, "error": row.error})]
        case _:
            return [recorded]


def _entry(at: datetime, kind: str, detail: dict[str, Any], message_id: UUID | None = None) -> Entry:
    return Entry(at=at, room="notification", kind=f"notification.{kind}", detail=detail, message_id=message_id)
