"""What is read of payments."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.payment.rules import Status
from workers.payment.tables import payment
from workers.runtime.timeline import Entry

_ATTEMPTS = text("""
    SELECT a.at, a.outcome, a.detail, a.message_id
      FROM payment.attempt a JOIN payment.payment p ON p.id = a.payment_id
     WHERE p.order_id = :order_id ORDER BY a.id
""")


class Payment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A payment as HTTP shows it; ``amount`` and ``refundedAmount`` are in minor units of ``currency``."""

    id: UUID
    order_id: UUID
    amount: int
    currency: str
    method: str
    status: Status
    refunded_amount: int
    failure_reason: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime


_SELECT = select(*(payment.c[field] for field in Payment.__struct_fields__))


async def get(tx: AsyncConnection, id: UUID) -> Payment | None:  # noqa: A002 - what the caller has
    """Return one payment."""
    row = (await tx.execute(_SELECT.where(payment.c.id == id))).mappings().one_or_none()
    return Payment(**row) if row else None


async def page(
    tx: AsyncConnection,
    *,
    limit: int,
    before: UUID | None = None,
    order_id: UUID | None = None,
    status: Status | None = None,
) -> list[Payment]:
    """Return payments, newest first, from the one after ``before``."""
    wanted = _SELECT.order_by(payment.c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(payment.c.id < before)
    if order_id:
        wanted = wanted.where(payment.c.order_id == order_id)
    if status:
        wanted = wanted.where(payment.c.status == status)
    return [Payment(**row) for row in (await tx.execute(wanted)).mappings()]


async def timeline(tx: AsyncConnection, order_id: UUID) -> list[Entry]:
    """Tell what happened to the order's payment, oldest first."""
    row = (await tx.execute(_SELECT.where(payment.c.order_id == order_id))).mappings().one_or_none()
    if row is None:
        return []
    asked = _entry(row["created_at"], "requested", {key: row[key] for key in ("amount", "currency", "method")})
    attempts = (await tx.execute(_ATTEMPTS, {"order_id": order_id})).all()
    return [asked, *(_entry(a.at, a.outcome, {"detail": a.detail} if a.detail else {}, a.message_id) for a in attempts)]


def _entry(at: datetime, kind: str, detail: dict[str, Any], message_id: UUID | None = None) -> Entry:
    return Entry(at=at, room="payment", kind=f"payment.{kind}", detail=detail, message_id=message_id)
