"""The catalogue, and stock that is added and removed by hand."""

from collections import Counter
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from workers.stock import rules, shelves, views
from workers.stock.views import Product, product_of

_CREATE = text("""
    WITH created AS (
        INSERT INTO stock.product (id, sku, name, price, currency, on_hand, low_stock_threshold, alert)
        VALUES (:id, :sku, :name, :price, :currency, :stock, :low_stock_threshold, :alert)
            ON CONFLICT (sku) WHERE deleted_at IS NULL DO NOTHING
        RETURNING *
    ), marked AS (
        INSERT INTO stock.level_change (product_id) SELECT id FROM created WHERE on_hand > 0
    )
    SELECT * FROM created
""")
# Whoever has the sku is locked as well, in the order of ids: two that want each other's would wait for each other.
_LOCK = text("""
    SELECT * FROM stock.product WHERE deleted_at IS NULL AND (id = :id OR sku = :sku) ORDER BY id FOR NO KEY UPDATE
""")
_UPDATE = text("""
    UPDATE stock.product
       SET sku = :sku, name = :name, price = :price, currency = :currency, low_stock_threshold = :low_stock_threshold,
           updated_at = now()
     WHERE id = :id
""")
_ON_HAND = text("SELECT on_hand FROM stock.product WHERE id = :id")
_DELETE = text("""
    WITH deleted AS (
        UPDATE stock.product SET deleted_at = now(), updated_at = now() WHERE id = :id AND deleted_at IS NULL
        RETURNING id
    )
    SELECT EXISTS (SELECT FROM deleted) FROM stock.product WHERE id = :id
""")


class DuplicateSku(ValueError):  # noqa: N818 - reads as what it says
    """Another product has this sku."""


class NotEnough(ValueError):  # noqa: N818 - reads as what it says
    """Less is available than was to be removed."""

    def __init__(self, available: int) -> None:
        super().__init__(f"only {available} are available")
        self.available = available


class TooMuch(ValueError):  # noqa: N818 - reads as what it says
    """The shelf has less room than was to be added."""

    def __init__(self, room: int) -> None:
        super().__init__(f"there is room for {room} more")
        self.room = room


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to sell. ``price`` is in minor units of ``currency``, ``stock`` what is on hand at first."""

    name: str
    price: int
    currency: str
    sku: str | None = None
    stock: int = 0
    low_stock_threshold: int = 0


class ProductChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a product; what is unset stays as it is."""

    name: str | UnsetType = UNSET
    price: int | UnsetType = UNSET
    sku: str | UnsetType | None = UNSET
    currency: str | UnsetType = UNSET
    low_stock_threshold: int | UnsetType = UNSET


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A product before and after a change; both are the same when nothing is different."""

    before: Product
    after: Product


async def create_product(tx: AsyncConnection, new: NewProduct) -> Product:
    """Put a product into the catalogue.

    Raises:
        DuplicateSku: when another product has its sku.
    """
    alert = rules.first_alert(new.stock, new.low_stock_threshold)
    row = (await tx.execute(_CREATE, {"id": uuid7(), "alert": alert, **msgspec.structs.asdict(new)})).one_or_none()
    if row is None:
        raise DuplicateSku(f"another product has the sku {new.sku}")
    if new.stock:
        await shelves.enter(tx, "initial", [(row.id, new.stock, None)])
    return product_of(row)


async def change_product(tx: AsyncConnection, product_id: UUID, change: ProductChange) -> Changed | None:
    """Describe or price a product otherwise; None when it is not sold.

    Raises:
        DuplicateSku: when another product has the sku. The transaction may be of no more use.
    """
    wanted = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    rows = (await tx.execute(_LOCK, {"id": product_id, "sku": wanted.get("sku")})).all()
    before = next((product_of(row) for row in rows if row.id == product_id), None)
    if before is None:
        return None
    if len(rows) > 1:
        raise DuplicateSku(f"another product has the sku {change.sku}")
    after = msgspec.structs.replace(before, **wanted)
    return Changed(before=before, after=await _write(tx, before, after) if after != before else before)


async def delete_product(tx: AsyncConnection, product_id: UUID) -> bool | None:
    """Take a product out of the catalogue; what is held of it stays held, and its history is kept.

    Return whether it was there until now: False when it was deleted before, None when it never was.
    """
    was_there: bool | None = (await tx.execute(_DELETE, {"id": product_id})).scalar_one_or_none()
    return was_there


async def add_stock(tx: AsyncConnection, product_id: UUID, quantity: int) -> Product | None:
    """Put more of a product on the shelf; None when it is not sold.

    Raises:
        TooMuch: when there would be more than any shelf holds.
    """
    if product_id not in await shelves.lock(tx, [product_id]):
        return None
    room = max(rules.MOST_ON_HAND - (await tx.execute(_ON_HAND, {"id": product_id})).scalar_one(), 0)
    if quantity > room:
        raise TooMuch(room)
    return await _move(tx, "added", product_id, quantity)


async def remove_stock(tx: AsyncConnection, product_id: UUID, quantity: int) -> Product | None:
    """Take some of a product off the shelf; None when it is not sold.

    Raises:
        NotEnough: when less is available: what is held for somebody stays.
    """
    available = (await shelves.lock(tx, [product_id])).get(product_id)
    if available is None:
        return None
    if quantity > available:
        raise NotEnough(available)
    return await _move(tx, "removed", product_id, -quantity)


async def _move(tx: AsyncConnection, kind: str, product_id: UUID, delta: int) -> Product | None:
    await shelves.change(tx, on_hand=Counter({product_id: delta}))
    await shelves.enter(tx, kind, [(product_id, delta, None)])
    return await views.get(tx, product_id)


async def _write(tx: AsyncConnection, before: Product, after: Product) -> Product:
    try:
        await tx.execute(_UPDATE, msgspec.structs.asdict(after))
    except IntegrityError as error:  # it was given to a product that another transaction has just made
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != "product_sku_key":
            raise
        raise DuplicateSku(f"another product has the sku {after.sku}") from None
    if after.low_stock_threshold != before.low_stock_threshold:
        await shelves.change(tx, on_hand=Counter({after.id: 0}))
    return await views.get(tx, after.id) or after
