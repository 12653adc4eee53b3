"""What is read of notifications."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import case, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.notification.errands import Channel
from workers.notification.rules import Status
from workers.notification.tables import notification, recipient
from workers.runtime.timeline import Entry, Told, told

_TIMELINES = text("""
    SELECT n.id, n.order_id, n.template, n.channel, n.message_id, n.created_at, n.resends,
           a.number, a.at, a.outcome, a.error, a.reference
      FROM notification.notification n LEFT JOIN notification.attempt a ON a.notification_id = n.id
     WHERE n.about = ANY(cast(:orders AS uuid[])) ORDER BY n.id, a.number
""")
PULSE = """
    SELECT 'notification' AS source, about AS order_id,
           count(*) + cast(extract(epoch FROM max(updated_at)) * 1000000 AS bigint) AS beat
      FROM notification.notification WHERE about = ANY(cast(:orders AS uuid[])) GROUP BY about
"""
"""A number for each order that changes when its timeline does."""


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notification as HTTP shows it; what is in it is known once it is due, and whom it is for once the order is.

    One that is not about an order has no `orderId`, and one to the administrator no `userId`. `attempts` counts what
    was tried, and `sentAt` is when it was last sent, also while it is to be sent once more.
    """

    id: UUID
    order_id: UUID | None
    user_id: UUID | None
    template: str
    channel: Channel
    recipient: str | None
    subject: str | None
    body: str | None
    status: Status
    attempts: int
    created_at: datetime
    sent_at: datetime | None


_ADDRESS = case((notification.c.channel == "SMS", recipient.c.phone), else_=recipient.c.email)
_JOINED = {
    "user_id": recipient.c.user_id,
    "recipient": func.coalesce(notification.c.recipient, _ADDRESS).label("recipient"),
}
_SELECT = select(
    *(_JOINED[f] if f in _JOINED else notification.c[f] for f in Notification.__struct_fields__)
).select_from(notification.outerjoin(recipient, recipient.c.about == notification.c.about))


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
        wanted = wanted.where(notification.c.about == order_id, notification.c.order_id == order_id)
    if user_id:
        wanted = wanted.where(recipient.c.user_id == user_id)
    return [Notification(**row) for row in (await tx.execute(wanted)).mappings()]


async def timeline(tx: AsyncConnection, order_id: UUID) -> list[Entry]:
    """Tell what the customer was told, oldest first."""
    return (await timelines(tx, [order_id])).get(order_id, [])


async def timelines(tx: AsyncConnection, orders: Sequence[UUID]) -> Told:
    """Tell what the orders' customers were told, each oldest first."""
    rows = (await tx.execute(_TIMELINES, {"orders": list(orders)})).all()
    entries = [pair for _, tried in groupby(rows, lambda row: row.id) for pair in _entries(tried)]
    return told(sorted(entries, key=lambda pair: pair[1].at))


def _entries(tried: Iterable[Any]) -> Iterator[tuple[UUID, Entry]]:
    """Tell of one notification: that it was recorded, each attempt, and each wish to send it once more."""
    first, *others = tried
    what = {"template": first.template, "channel": first.channel}
    yield first.order_id, _entry(first.created_at, "recorded", what, first.message_id)
    for at in first.resends:
        yield first.order_id, _entry(at, "resend_requested", what)
    for row in (first, *others):
        if row.outcome is not None:
            yield first.order_id, _entry(row.at, row.outcome.lower(), {**what, **_attempt(row)})


def _attempt(row: Any) -> dict[str, Any]:
    known = {"attempt": row.number, "error": row.error, "reference": row.reference}
    return {name: value for name, value in known.items() if value is not None}


def _entry(at: datetime, kind: str, detail: dict[str, Any], message_id: UUID | None = None) -> Entry:
    return Entry(at=at, room="notification", kind=f"notification.{kind}", detail=detail, message_id=message_id)
