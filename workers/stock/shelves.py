"""What is on hand and what is reserved, product by product: the one place that changes it.

Whatever changes a shelf is written with it: the change of its level, for ``levels`` to announce, and the alert, if one
is due, decided on the locked row and put into the outbox. An alert is about a product, and what is being handled may be
about an order, so it is no reply.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post import outbox
from messages.post.envelope import enclose
from messages.stock import StockDepleted, StockLow
from workers.stock.rules import Alert

SPEAKER = "stock"

_LOCK = text("""
    SELECT id, on_hand - reserved AS available FROM stock.product
     WHERE id = ANY(cast(:ids AS uuid[])) AND deleted_at IS NULL
     ORDER BY id FOR NO KEY UPDATE
""")
# The rule of ``rules.Alert``. What was available before is that of the locked row.
_CHANGE = text("""
    WITH change AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:on_hand AS bigint[]), cast(:reserved AS bigint[]))
            AS change (id, on_hand, reserved)
    ), locked AS (
        SELECT id, alert, low_stock_threshold AS threshold, on_hand - reserved AS available
          FROM stock.product WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    ), next AS (
        SELECT id, change.on_hand, change.reserved, alert AS was, threshold, available AS before,
               available + change.on_hand - change.reserved AS available
          FROM locked JOIN change USING (id)
    ), changed AS (
        UPDATE stock.product p
           SET on_hand = p.on_hand + next.on_hand, reserved = p.reserved + next.reserved, updated_at = now(),
               alert = CASE WHEN next.available = 0 AND next.before > 0 THEN 'DEPLETED'
                            WHEN next.was = 'NONE' AND next.available BETWEEN 1 AND next.threshold THEN 'LOW'
                            WHEN next.available > next.threshold + greatest(next.threshold / 10, 1) THEN 'NONE'
                            ELSE next.was END
          FROM next WHERE p.id = next.id
        RETURNING p.id, p.sku, p.name, p.alert, p.deleted_at, next.was, next.threshold, next.available,
                  next.on_hand <> 0 OR next.reserved <> 0 AS has_moved
    ), marked AS (
        INSERT INTO stock.level_change (product_id) SELECT id FROM changed WHERE has_moved
    )
    SELECT id, sku, name, alert, threshold, available FROM changed
     WHERE alert <> was AND alert <> 'NONE' AND deleted_at IS NULL ORDER BY id
""")
_ENTER = text("""
    INSERT INTO stock.ledger (kind, product_id, delta, order_id)
    SELECT :kind, * FROM unnest(cast(:products AS uuid[]), cast(:deltas AS bigint[]), cast(:orders AS uuid[]))
""")


async def lock(tx: AsyncConnection, products: Iterable[UUID]) -> dict[UUID, int]:
    """Lock products; return how many of each are available. Those not sold are missing."""
    rows = await tx.execute(_LOCK, {"ids": sorted(products)})
    return {row.id: row.available for row in rows}


async def change(
    tx: AsyncConnection, *, on_hand: Counter[UUID] | None = None, reserved: Counter[UUID] | None = None
) -> None:
    """Change what is on hand and what is reserved, by product: one update each, however many orders it is for.

    A change by nothing only decides anew about the alert.
    """
    shelves, holds = on_hand or Counter(), reserved or Counter()
    ids = sorted({*shelves, *holds})
    if ids:
        values = {"ids": ids, "on_hand": [shelves[key] for key in ids], "reserved": [holds[key] for key in ids]}
        alerts = (await tx.execute(_CHANGE, values)).all()
        await outbox.put(tx, [enclose(_said(row), said_by=SPEAKER) for row in alerts])


async def enter(tx: AsyncConnection, kind: str, changes: Sequence[tuple[UUID, int, UUID | None]]) -> None:
    """Write changes of what is on hand into the ledger: product, difference, and the order it was for."""
    if changes:
        products, deltas, orders = (list(column) for column in zip(*changes, strict=True))
        await tx.execute(_ENTER, {"kind": kind, "products": products, "deltas": deltas, "orders": orders})


def _said(row: Any) -> StockLow | StockDepleted:
    if row.alert == Alert.DEPLETED:
        return StockDepleted(product_id=row.id, sku=row.sku, name=row.name)
    return StockLow(product_id=row.id, sku=row.sku, name=row.name, available=row.available, threshold=row.threshold)
