"""The orders' reservations: begun, allotted, moved. None of this finds those by hand, see ``by_hand``.

Locks come in one order everywhere: reservations by order, then products.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from workers.stock import shelves
from workers.stock.rules import Allotment, Move, Status, quantities

_encoder = msgspec.json.Encoder()

_CLAIM = text("""
    INSERT INTO stock.reservation (id, order_id, status, expires_at)
    SELECT *, 'HELD', now() + make_interval(secs => :seconds)
      FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]))
        ON CONFLICT (order_id) DO NOTHING
    RETURNING id, order_id
""")
_ADD_LINES = text("""
    INSERT INTO stock.reservation_line (reservation_id, position, product_id, quantity, dropped)
    SELECT * FROM unnest(cast(:reservations AS uuid[]), cast(:positions AS int[]), cast(:products AS uuid[]),
                         cast(:quantities AS int[]), cast(:dropped AS bool[]))
""")
_NOTE_SHORTAGES = text("""
    UPDATE stock.reservation r SET status = lacking.status, reason = lacking.reason, short = lacking.short
      FROM unnest(cast(:ids AS uuid[]), cast(:statuses AS text[]), cast(:reasons AS text[]), cast(:shorts AS json[]))
        AS lacking (id, status, reason, short)
     WHERE r.id = lacking.id
""")
_BURY = text("""
    INSERT INTO stock.reservation (id, order_id, status, expires_at, released_at)
    SELECT *, 'RELEASED', now(), now() FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]))
        ON CONFLICT (order_id) DO NOTHING
""")
# The status before is that of the locked row.
_MOVE = text("""
    WITH due AS (
        SELECT id, status FROM stock.reservation
         WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY order_id FOR NO KEY UPDATE
    ), moved AS (
        UPDATE stock.reservation r
           SET status = :target,
               committed_at = CASE :target WHEN 'COMMITTED' THEN now() ELSE r.committed_at END,
               released_at = CASE :target WHEN 'RELEASED' THEN now() ELSE r.released_at END
          FROM due WHERE r.id = due.id AND r.status = ANY(cast(:sources AS text[]))
        RETURNING r.id, r.order_id, due.status AS was
    )
    SELECT m.order_id, m.was, l.product_id, l.quantity
      FROM moved m LEFT JOIN stock.reservation_line l ON l.reservation_id = m.id AND NOT l.dropped
     ORDER BY m.order_id, l.position
""")
_OVERDUE = text("""
    UPDATE stock.reservation r SET asked_at = now()
      FROM (SELECT id FROM stock.reservation
             WHERE expires_at > now() - cast(:since AS interval) AND expires_at <= now() - cast(:until AS interval)
               AND status = 'HELD' AND asked_at IS NULL AND order_id IS NOT NULL
             ORDER BY expires_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED) due
     WHERE r.id = due.id
    RETURNING r.order_id
""")


Row = tuple[UUID, int, UUID, int, bool]
"""A line as it is stored: reservation, position, product, quantity, and whether the order goes without it."""


class Held(msgspec.Struct, frozen=True):
    """A quantity of one product that was held for an order, or that has left the house for it, by ``was``."""

    order_id: UUID
    product_id: UUID
    quantity: int
    was: Status


class Moved(msgspec.Struct, frozen=True):
    """The orders whose reservations moved, and what was held for them."""

    orders: tuple[UUID, ...]
    lines: tuple[Held, ...]


async def claim(tx: AsyncConnection, orders: Sequence[UUID], *, seconds: float) -> dict[UUID, UUID]:
    """Begin reservations for the orders that have none; return their ids by order."""
    keys = sorted(orders)
    rows = await tx.execute(_CLAIM, {"ids": [uuid7() for _ in keys], "orders": keys, "seconds": seconds})
    return {row.order_id: row.id for row in rows}


async def bury(tx: AsyncConnection, orders: Sequence[UUID]) -> None:
    """Leave a tombstone for the orders that have no reservation: they will get none."""
    keys = sorted(orders)
    await tx.execute(_BURY, {"ids": [uuid7() for _ in keys], "orders": keys})


async def overdue(tx: AsyncConnection, limit: int, *, since: timedelta, until: timedelta) -> list[UUID]:
    """Take orders whose reservation expired at most ``since`` and at least ``until`` ago, each once."""
    return list((await tx.execute(_OVERDUE, {"limit": limit, "since": since, "until": until})).scalars())


async def hold(tx: AsyncConnection, claims: dict[UUID, UUID], allotments: Sequence[Allotment]) -> None:
    """Write down who got what: one update per product, one row per line, and every shortage."""
    await shelves.change(tx, reserved=quantities(line for allotment in allotments for line in allotment.held))
    await add_lines(tx, _rows(claims, allotments))
    await _note_shortages(tx, claims, [allotment for allotment in allotments if allotment.short])


async def move(tx: AsyncConnection, orders: Sequence[UUID], by: Move) -> Moved:
    """Move the orders' reservations by compare-and-set; those in any other status stay."""
    values = {"orders": sorted(orders), "target": by.target.value, "sources": sorted(by.sources)}
    rows = (await tx.execute(_MOVE, values)).all()
    return Moved(
        tuple(dict.fromkeys(row.order_id for row in rows)),
        tuple(Held(row.order_id, row.product_id, row.quantity, Status(row.was)) for row in rows if row.product_id),
    )


async def take_out(tx: AsyncConnection, held: Sequence[Held]) -> None:
    """What was held leaves the house."""
    gone = Counter({product: -quantity for product, quantity in _per_product(held).items()})
    await shelves.change(tx, on_hand=gone, reserved=gone)
    await shelves.enter(tx, "committed", [(line.product_id, -line.quantity, line.order_id) for line in held])


async def put_back(tx: AsyncConnection, lines: Sequence[Held]) -> None:
    """What was held is for sale again, and what had left the house returns to its shelf."""
    returned = [line for line in lines if line.was is Status.COMMITTED]
    held = _per_product(line for line in lines if line.was is Status.HELD)
    freed = Counter({product: -quantity for product, quantity in held.items()})
    await shelves.change(tx, on_hand=_per_product(returned), reserved=freed)
    await shelves.enter(tx, "returned", [(line.product_id, line.quantity, line.order_id) for line in returned])


async def add_lines(tx: AsyncConnection, rows: Iterable[Row]) -> None:
    """Write the lines of reservations."""
    columns = list(zip(*sorted(rows), strict=True))
    if columns:
        names = ("reservations", "positions", "products", "quantities", "dropped")
        await tx.execute(_ADD_LINES, {name: list(column) for name, column in zip(names, columns, strict=True)})


def _rows(claims: dict[UUID, UUID], allotments: Sequence[Allotment]) -> Iterator[Row]:
    for allotment in allotments:
        for position, (line, dropped) in enumerate(zip(allotment.order.lines, allotment.dropped, strict=True)):
            yield claims[allotment.order.order_id], position, line.product_id, line.quantity, dropped


async def _note_shortages(tx: AsyncConnection, claims: dict[UUID, UUID], short: Sequence[Allotment]) -> None:
    if short:
        values = {
            "ids": [claims[allotment.order.order_id] for allotment in short],
            "statuses": [allotment.status.value for allotment in short],
            "reasons": [allotment.reason for allotment in short],
            "shorts": [_encoder.encode(allotment.short).decode() for allotment in short],
        }
        await tx.execute(_NOTE_SHORTAGES, values)


def _per_product(held: Iterable[Held]) -> Counter[UUID]:
    total: Counter[UUID] = Counter()
    for line in held:
        total[line.product_id] += line.quantity
    return total
