"""What the stock room shows of reservations: those of orders, and those by hand."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.stock.rules import Status
from workers.stock.tables import reservation

_LINES = text("""
    SELECT reservation_id, product_id, quantity, dropped FROM stock.reservation_line
     WHERE reservation_id = ANY(cast(:reservations AS uuid[])) ORDER BY reservation_id, position
""")


class ReservationItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many of a product."""

    product_id: UUID
    quantity: int


class Reservation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Stock that is, or was, held; of a `REFUSED` one the items are what was wanted.

    `orderId` is the order that it is for, or that somebody named who reserved by hand. When it expires, what was held
    by hand is `EXPIRED`; what an order holds stays `HELD` until payment has given up.
    """

    id: UUID
    order_id: UUID | None
    status: Status
    items: tuple[ReservationItem, ...]
    expires_at: datetime


_SELECT = select(
    reservation.c.id,
    func.coalesce(reservation.c.order_id, reservation.c.meant_for).label("order_id"),
    reservation.c.status,
    reservation.c.expires_at,
)


async def get(tx: AsyncConnection, id: UUID) -> Reservation | None:  # noqa: A002 - the contract of every room
    """Find one reservation."""
    found = await _shown(tx, (await tx.execute(_SELECT.where(reservation.c.id == id))).all())
    return found[0] if found else None


async def page(
    tx: AsyncConnection,
    *,
    limit: int,
    before: UUID | None = None,
    order_id: UUID | None = None,
    status: Status | None = None,
) -> list[Reservation]:
    """List reservations, newest first, from the one after ``before``."""
    wanted = _SELECT.order_by(reservation.c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(reservation.c.id < before)
    if order_id:
        wanted = wanted.where(or_(reservation.c.order_id == order_id, reservation.c.meant_for == order_id))
    if status:
        wanted = wanted.where(reservation.c.status == status)
    return await _shown(tx, (await tx.execute(wanted)).all())


async def _shown(tx: AsyncConnection, rows: Sequence[Any]) -> list[Reservation]:
    if not rows:
        return []
    lines: defaultdict[UUID, list[Any]] = defaultdict(list)
    for line in await tx.execute(_LINES, {"reservations": [row.id for row in rows]}):
        lines[line.reservation_id].append(line)
    return [_reservation(row, lines[row.id]) for row in rows]


def _reservation(row: Any, lines: Sequence[Any]) -> Reservation:
    shown = [line for line in lines if not line.dropped or row.status == Status.REFUSED]
    return Reservation(
        id=row.id,
        order_id=row.order_id,
        status=Status(row.status),
        items=tuple(ReservationItem(product_id=line.product_id, quantity=line.quantity) for line in shown),
        expires_at=row.expires_at,
    )
