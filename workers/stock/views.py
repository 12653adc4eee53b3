"""What the stock room shows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.timeline import Entry, Told, told

_PAGE = text("SELECT * FROM stock.product WHERE id < :before AND deleted_at IS NULL ORDER BY id DESC LIMIT :limit")
_GET = text("SELECT * FROM stock.product WHERE id = :id AND deleted_at IS NULL")
_PRICES = text("""
    SELECT id, name, price, currency FROM stock.product
     WHERE id = ANY(cast(:ids AS uuid[])) AND deleted_at IS NULL
""")
_RESERVATIONS = text("SELECT * FROM stock.reservation WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY id")
_LINES = text("""
    SELECT reservation_id, product_id, quantity, dropped FROM stock.reservation_line
     WHERE reservation_id = ANY(cast(:reservations AS uuid[])) ORDER BY reservation_id, position
""")
PULSE = """
    SELECT 'stock' AS source, order_id, 1 + num_nonnulls(asked_at, committed_at, released_at) AS beat
      FROM stock.reservation WHERE order_id = ANY(cast(:orders AS uuid[]))
"""
"""A number for each order that changes when its timeline does."""
_AFTER_ALL = UUID(int=2**128 - 1)


class Product(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A product and its stock; ``available`` is what an order may still take."""

    id: UUID
    sku: str | None
    name: str
    price: int
    currency: str
    on_hand: int
    reserved: int
    available: int
    low_stock_threshold: int
    created_at: datetime
    updated_at: datetime


class Price(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a product is called and costs now."""

    name: str
    price: int
    currency: str


def product_of(row: Any) -> Product:
    """Make the view of a row of the table."""
    return Product(
        id=row.id,
        sku=row.sku,
        name=row.name,
        price=row.price,
        currency=row.currency,
        on_hand=row.on_hand,
        reserved=row.reserved,
        available=row.on_hand - row.reserved,
        low_stock_threshold=row.low_stock_threshold,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def page(tx: AsyncConnection, *, limit: int, before: UUID | None = None) -> list[Product]:
    """List what is sold, newest first, older than ``before``."""
    rows = await tx.execute(_PAGE, {"limit": limit, "before": before or _AFTER_ALL})
    return [product_of(row) for row in rows]


async def get(tx: AsyncConnection, id: UUID) -> Product | None:  # noqa: A002 - the contract of every room
    """Find one product that is sold."""
    row = (await tx.execute(_GET, {"id": id})).one_or_none()
    return product_of(row) if row else None


async def prices(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Price]:
    """Say what the products cost now; those not sold are missing."""
    rows = await tx.execute(_PRICES, {"ids": list(ids)})
    return {row.id: Price(name=row.name, price=row.price, currency=row.currency) for row in rows}


async def timeline(tx: AsyncConnection, order_id: UUID) -> list[Entry]:
    """Tell what became of the order's reservation."""
    return (await timelines(tx, [order_id])).get(order_id, [])


async def timelines(tx: AsyncConnection, orders: Sequence[UUID]) -> Told:
    """Tell what became of the orders' reservations."""
    rows = (await tx.execute(_RESERVATIONS, {"orders": list(orders)})).all()
    lines: defaultdict[UUID, list[Any]] = defaultdict(list)
    for line in await tx.execute(_LINES, {"reservations": [row.id for row in rows]}):
        lines[line.reservation_id].append(line)
    return told((row.order_id, entry) for row in rows for entry in (*_begun(row, lines[row.id]), *_ended(row)))


def _begun(row: Any, lines: Sequence[Any]) -> list[Entry]:
    """Tell how it began; a cancel that came first leaves a reservation that never held anything."""
    if row.reason:
        short = {"short": row.short} if row.short else {}
        return [_entry(row.created_at, "refused", {"reason": row.reason, **short})]
    if not lines:
        return []
    items = [{"productId": line.product_id, "quantity": line.quantity} for line in lines if not line.dropped]
    short = {"short": row.short} if row.short else {}
    return [_entry(row.created_at, "held", {"items": items, "expiresAt": row.expires_at, **short})]


def _ended(row: Any) -> list[Entry]:
    ends = ((row.asked_at, "expired"), (row.committed_at, "committed"), (row.released_at, "released"))
    return [_entry(at, kind) for at, kind in ends if at]


def _entry(at: datetime, kind: str, detail: dict[str, Any] | None = None) -> Entry:
    return Entry(at=at, room="stock", kind=f"reservation.{kind}", detail=detail or {})
