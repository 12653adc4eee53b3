"""What the stock room shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.timeline import Entry

_PAGE = text("SELECT * FROM stock.product WHERE id < :before AND deleted_at IS NULL ORDER BY id DESC LIMIT :limit")
_GET = text("SELECT * FROM stock.product WHERE id = :id AND deleted_at IS NULL")
_PRICES = text("""
    SELECT id, name, price, currency FROM stock.product
     WHERE id = ANY(cast(:ids AS uuid[])) AND deleted_at IS NULL
""")
_RESERVATION = text("SELECT * FROM stock.reservation WHERE order_id = :order")
_LINES = text("""
    SELECT l.product_id, l.quantity, l.dropped FROM stock.reservation_line l
     WHERE l.reservation_id = :reservation ORDER BY l.position
""")
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
    row = (await tx.execute(_RESERVATION, {"order": order_id})).one_or_none()
    if row is None:
        return []
    lines = (await tx.execute(_LINES, {"reservation": row.id})).all()
    return [_begun(row, lines), *_ended(row)]


def _begun(row: Any, lines: Sequence[Any]) -> Entry:
    items = [{"productId": line.product_id, "quantity": line.quantity} for line in lines if not line.dropped]
    held = {"items": items, "expiresAt": row.expires_at} if items else {}
    why = {"reason": row.reason} if row.reason else {}
    short = {"short": row.short} if row.short else {}
    kind = "reservation.refused" if row.reason else "reservation.held"
    return Entry(at=row.created_at, room="stock", kind=kind, detail={**why, **held, **short})


def _ended(row: Any) -> list[Entry]:
    ends = ((row.committed_at, "reservation.committed"), (row.released_at, "reservation.released"))
    return [Entry(at=at, room="stock", kind=kind) for at, kind in ends if at]
