"""The catalogue, what is on hand of it, and the ledger of every change."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages.order import OrderCreated
from workers.stock.views import Product, product_of

_CREATE = text("""
    INSERT INTO stock.product (id, sku, name, price, currency, on_hand, low_stock_threshold)
    VALUES (:id, :sku, :name, :price, :currency, :stock, :low_stock_threshold)
        ON CONFLICT (sku) DO NOTHING
    RETURNING *
""")
_ADD = text("""
    UPDATE stock.product SET on_hand = on_hand + :quantity, updated_at = now()
     WHERE id = :id AND deleted_at IS NULL
    RETURNING *
""")
_LOCK_PRODUCTS = text("""
    SELECT id, on_hand - reserved AS available FROM stock.product
     WHERE id = ANY(cast(:ids AS uuid[])) AND deleted_at IS NULL
     ORDER BY id FOR NO KEY UPDATE
""")
_CHANGE = text("""
    WITH change AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:on_hand AS bigint[]), cast(:reserved AS bigint[]))
            AS change (id, on_hand, reserved)
    ), locked AS (
        SELECT id FROM stock.product WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE stock.product p
       SET on_hand = p.on_hand + change.on_hand, reserved = p.reserved + change.reserved, updated_at = now()
      FROM locked JOIN change USING (id)
     WHERE p.id = locked.id
""")
_ENTER = text("""
    INSERT INTO stock.ledger (kind, product_id, delta, order_id)
    SELECT :kind, * FROM unnest(cast(:products AS uuid[]), cast(:deltas AS bigint[]), cast(:orders AS uuid[]))
""")


class DuplicateSku(ValueError):  # noqa: N818 - reads as what it says
    """Another product has this sku."""


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to sell. ``price`` is in minor units of ``currency``, ``stock`` what is on hand at first."""

    name: str
    price: int
    currency: str
    sku: str | None = None
    stock: int = 0
    low_stock_threshold: int = 0


async def create_product(tx: AsyncConnection, new: NewProduct) -> Product:
    """Put a product into the catalogue.

    Raises:
        DuplicateSku: when another product has its sku.
    """
    row = (await tx.execute(_CREATE, {"id": uuid7(), **msgspec.structs.asdict(new)})).one_or_none()
    if row is None:
        raise DuplicateSku(f"another product has the sku {new.sku}")
    if new.stock:
        await enter(tx, "initial", [(row.id, new.stock, None)])
    return product_of(row)


async def add_stock(tx: AsyncConnection, product_id: UUID, quantity: int) -> Product | None:
    """Put more of a product on the shelf; None when it is not sold."""
    row = (await tx.execute(_ADD, {"id": product_id, "quantity": quantity})).one_or_none()
    if row is None:
        return None
    await enter(tx, "added", [(product_id, quantity, None)])
    return product_of(row)


async def lock_products(tx: AsyncConnection, orders: Iterable[OrderCreated]) -> dict[UUID, int]:
    """Lock the products of the orders; return how many of each are available. Those not sold are missing."""
    ids = {line.product_id for order in orders for line in order.lines}
    rows = await tx.execute(_LOCK_PRODUCTS, {"ids": sorted(ids)})
    return {row.id: row.available for row in rows}


async def change(
    tx: AsyncConnection, *, on_hand: Counter[UUID] | None = None, reserved: Counter[UUID] | None = None
) -> None:
    """Change what is on hand and what is reserved, by product: one update each, however many orders it is for."""
    shelves, holds = on_hand or Counter(), reserved or Counter()
    ids = sorted({*shelves, *holds})
    if ids:
        values = {"ids": ids, "on_hand": [shelves[key] for key in ids], "reserved": [holds[key] for key in ids]}
        await tx.execute(_CHANGE, values)


async def enter(tx: AsyncConnection, kind: str, changes: Sequence[tuple[UUID, int, UUID | None]]) -> None:
    """Write changes of what is on hand into the ledger: product, difference, and the order it was for."""
    if changes:
        products, deltas, orders = (list(column) for column in zip(*changes, strict=True))
        await tx.execute(_ENTER, {"kind": kind, "products": products, "deltas": deltas, "orders": orders})
