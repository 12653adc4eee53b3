"""What is read of payments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.payment.tables import payment
from workers.runtime.timeline import Entry, Told, told

Shown = Literal["PENDING", "COMPLETED", "FAILED", "VOIDED", "REFUNDED", "REFUND_FAILED"]
"""What a payment is called: it is COMPLETED until its money is back, also while the refund is under way."""

_HIDDEN = {"REFUNDING": "COMPLETED"}
_ATTEMPTS = text("""
    SELECT p.order_id, a.at, a.outcome, a.detail, a.message_id
      FROM payment.payment p JOIN payment.attempt a ON a.payment_id = p.id
     WHERE p.order_id = ANY(cast(:orders AS uuid[])) ORDER BY a.payment_id, a.id
""")
PULSE = """
    SELECT 'payment' AS source, p.order_id, 1 + count(a.id) AS beat
      FROM payment.payment p LEFT JOIN payment.attempt a ON a.payment_id = p.id
     WHERE p.order_id = ANY(cast(:orders AS uuid[])) GROUP BY p.order_id
"""
"""A number for each order that changes when its timeline does."""


class Payment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A payment as HTTP shows it; ``amount`` and ``refundedAmount`` are in minor units of ``currency``."""

    id: UUID
    order_id: UUID
    amount: int
    currency: str
    method: str
    status: Shown
    refunded_amount: int
    failure_reason: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime


_SELECT = select(*(payment.c[field] for field in Payment.__struct_fields__))


async def get(tx: AsyncConnection, id: UUID) -> Payment | None:  # noqa: A002 - what the caller has
    """Return one payment."""
    row = (await tx.execute(_SELECT.where(payment.c.id == id))).mappings().one_or_none()
    return _payment(row) if row else None


async def page(
    tx: AsyncConnection,
    *,
    limit: int,
    before: UUID | None = None,
    order_id: UUID | None = None,
    status: Shown | None = None,
) -> list[Payment]:
    """Return payments, newest first, from the one after ``before``."""
    wanted = _SELECT.order_by(payment.c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(payment.c.id < before)
    if order_id:
        wanted = wanted.where(payment.c.order_id == order_id)
    if status:
        hidden = [name for name, shown in _HIDDEN.items() if shown == status]
        wanted = wanted.where(payment.c.status.in_([status, *hidden]))
    return [_payment(row) for row in (await tx.execute(wanted)).mappings()]


async def timeline(tx: AsyncConnection, order_id: UUID) -> list[Entry]:
    """Tell what happened to the order's payment, oldest first."""
    return (await timelines(tx, [order_id])).get(order_id, [])


async def timelines(tx: AsyncConnection, orders: Sequence[UUID]) -> Told:
    """Tell what happened to the orders' payments, each oldest first."""
    rows = (await tx.execute(_SELECT.where(payment.c.order_id.in_(orders)))).all()
    attempts = (await tx.execute(_ATTEMPTS, {"orders": list(orders)})).all()
    asked = ((row.order_id, _asked(row)) for row in rows if row.attempts)  # none: it ended before it was asked for
    return told((*asked, *((row.order_id, _attempt(row)) for row in attempts)))


def _payment(row: Mapping[Any, Any]) -> Payment:
    return Payment(**{**row, "status": _HIDDEN.get(row["status"], row["status"])})


def _asked(row: Any) -> Entry:
    return _entry(row.created_at, "requested", {"amount": row.amount, "currency": row.currency, "method": row.method})


def _attempt(row: Any) -> Entry:
    return _entry(row.at, row.outcome, {"detail": row.detail} if row.detail else {}, row.message_id)


def _entry(at: datetime, kind: str, detail: dict[str, Any], message_id: UUID | None = None) -> Entry:
    return Entry(at=at, room="payment", kind=f"payment.{kind}", detail=detail, message_id=message_id)
