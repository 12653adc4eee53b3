"""Reservations by hand: somebody holds stock over HTTP, until it is released or its time is over.

They may name an order, but are never that order's own reservation: ``order_id`` is the saga's alone, and unique, so an
order that found its place taken would wait for ever. Theirs is ``meant_for``. They end by themselves when ``lapses_at``
is over; only what is still held has one.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from workers.stock import reservation_views, reservations, rules, shelves
from workers.stock.reservation_views import Reservation, ReservationItem
from workers.stock.rules import Status

_HOLD = text("""
    INSERT INTO stock.reservation (id, meant_for, status, expires_at, lapses_at)
    SELECT :id, cast(:order_id AS uuid), 'HELD', at, at
      FROM (SELECT now() + make_interval(secs => :seconds) AS at) AS ends
    RETURNING expires_at
""")
_LOCK = text("SELECT status, order_id FROM stock.reservation WHERE id = :id FOR NO KEY UPDATE")
_DUE = text("""
    SELECT id FROM stock.reservation WHERE lapses_at <= now()
     ORDER BY lapses_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")
_END = text("""
    WITH ended AS (
        UPDATE stock.reservation SET status = :status, lapses_at = NULL, released_at = now()
         WHERE id = ANY(cast(:ids AS uuid[]))
        RETURNING id
    )
    SELECT product_id, cast(sum(quantity) AS bigint) AS quantity
      FROM stock.reservation_line WHERE reservation_id IN (SELECT id FROM ended) GROUP BY product_id
""")


class NewReservation(msgspec.Struct, frozen=True, kw_only=True):
    """What to hold, and for how long; ``order_id`` is whom it is meant for."""

    items: tuple[ReservationItem, ...]
    seconds: float
    order_id: UUID | None = None


class UnknownProducts(ValueError):  # noqa: N818 - reads as what it says
    """These are not sold."""

    def __init__(self, products: frozenset[UUID]) -> None:
        super().__init__("not sold: " + ", ".join(sorted(str(product) for product in products)))
        self.products = products


class NotAvailable(ValueError):  # noqa: N818 - reads as what it says
    """Less is available of these products than is wanted of them in all."""

    def __init__(self, available: dict[UUID, int]) -> None:
        super().__init__("not enough of " + ", ".join(sorted(str(product) for product in available)))
        self.available = available


class InUse(ValueError):  # noqa: N818 - reads as what it says
    """An order is using this reservation: it is released by cancelling the order."""


async def reserve(tx: AsyncConnection, new: NewReservation) -> Reservation:
    """Hold everything that is wanted, or nothing.

    Raises:
        UnknownProducts: when some of it is not sold.
        NotAvailable: when there is not enough of something.
    """
    wanted = rules.quantities(new.items)
    available = await shelves.lock(tx, wanted)
    if unknown := wanted.keys() - available.keys():
        raise UnknownProducts(frozenset(unknown))
    if short := rules.short(wanted, available):
        raise NotAvailable(short)
    await shelves.change(tx, reserved=wanted)
    return await _write(tx, new)


async def release(tx: AsyncConnection, reservation_id: UUID) -> Reservation | None:
    """Let go of what is held by hand; None when there is no such reservation. What holds nothing stays as it is.

    Raises:
        InUse: when it holds stock for an order's own journey.
    """
    row = (await tx.execute(_LOCK, {"id": reservation_id})).one_or_none()
    if row is not None and row.order_id is not None and row.status in rules.USED:
        raise InUse(f"the order {row.order_id} is using it")
    if row is not None and row.order_id is None and row.status == Status.HELD:
        await _end(tx, [reservation_id], Status.RELEASED)
    return await reservation_views.get(tx, reservation_id)


async def lapse(tx: AsyncConnection, limit: int) -> None:
    """End what has been held for as long as it was wanted, at most ``limit`` of it."""
    if due := (await tx.execute(_DUE, {"limit": limit})).scalars().all():
        await _end(tx, due, Status.EXPIRED)


async def _write(tx: AsyncConnection, new: NewReservation) -> Reservation:
    key = uuid7()
    values = {"id": key, "order_id": new.order_id, "seconds": new.seconds}
    expires_at = (await tx.execute(_HOLD, values)).scalar_one()
    rows = [(key, position, item.product_id, item.quantity, False) for position, item in enumerate(new.items)]
    await reservations.add_lines(tx, rows)
    return Reservation(id=key, order_id=new.order_id, status=Status.HELD, items=new.items, expires_at=expires_at)


async def _end(tx: AsyncConnection, ids: Sequence[UUID], status: Status) -> None:
    rows = await tx.execute(_END, {"ids": list(ids), "status": status})
    await shelves.change(tx, reserved=Counter({row.product_id: -row.quantity for row in rows}))
