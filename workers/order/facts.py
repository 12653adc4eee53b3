"""What is heard of orders, as statements. Whatever changes several orders locks them in the order of their ids."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.order import rules
from workers.order.rules import Status

_FORWARD = text("""
    WITH due AS (
        SELECT id FROM "order"."order" WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE "order"."order" o
       SET status = CASE WHEN o.status = ANY(cast(:sources AS text[])) THEN :step ELSE o.status END,
           furthest = :step, updated_at = now()
      FROM due
     WHERE o.id = due.id AND o.furthest = ANY(cast(:lower AS text[]))
    RETURNING o.id, o.status
""")
_FAIL = text("""
    WITH due AS (
        SELECT id FROM "order"."order" WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE "order"."order" o SET status = 'FAILED', failure_reason = why.reason, updated_at = now()
      FROM due JOIN unnest(cast(:ids AS uuid[]), cast(:reasons AS text[])) AS why (id, reason) USING (id)
     WHERE o.id = due.id AND o.status = ANY(cast(:sources AS text[]))
    RETURNING o.id
""")
_DROP_LINES = text("""
    UPDATE "order".line l SET dropped = true
      FROM unnest(cast(:orders AS uuid[]), cast(:products AS uuid[])) AS short (order_id, product_id)
     WHERE l.order_id = short.order_id AND l.product_id = short.product_id
""")
_SET_TOTALS = text("""
    UPDATE "order"."order" o SET total = new.total, updated_at = now()
      FROM unnest(cast(:ids AS uuid[]), cast(:totals AS bigint[])) AS new (id, total)
     WHERE o.id = new.id
""")
_CANCELLING = text("""
    SELECT id FROM "order"."order" WHERE id = ANY(cast(:ids AS uuid[])) AND status = 'CANCELLING' ORDER BY id
""")
_RESUME = text("""
    WITH due AS (
        SELECT id FROM "order"."order" WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE "order"."order" o
       SET status = CASE WHEN o.furthest = ANY(cast(:targets AS text[])) THEN o.furthest ELSE :least END,
           furthest = CASE WHEN o.furthest = ANY(cast(:targets AS text[])) THEN o.furthest ELSE :least END,
           updated_at = now()
      FROM due
     WHERE o.id = due.id AND o.status = ANY(cast(:sources AS text[]))
    RETURNING o.id, o.status
""")
# The status before is that of the locked row.
_GIVE_BACK = text("""
    WITH due AS (
        SELECT id, status FROM "order"."order" WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE "order"."order" o
       SET stock_back = o.stock_back OR :stock, money_back = o.money_back OR :money, updated_at = now(),
           status = CASE WHEN (o.stock_back OR :stock) AND (o.money_back OR :money)
                              AND o.status = ANY(cast(:sources AS text[])) THEN :target ELSE o.status END
      FROM due
     WHERE o.id = due.id
    RETURNING o.id, o.status <> due.status AS moved
""")

Back = Literal["stock", "money"]


async def forward(tx: AsyncConnection, orders: Sequence[UUID], *, on: str) -> dict[UUID, Status]:
    """Take orders up a step, never down, and keep the fact where the status may not move; return who moved, where."""
    [step] = rules.targets(on)
    values = {"ids": sorted(orders), "step": step, "sources": rules.sources(on), "lower": sorted(rules.lower(step))}
    return {row.id: step for row in await tx.execute(_FORWARD, values) if row.status == step}


async def fail(tx: AsyncConnection, reasons: Mapping[UUID, str], *, on: str) -> set[UUID]:
    """End orders that cannot be fulfilled, unless they have ended or are being cancelled; return who moved."""
    ids = sorted(reasons)
    values = {"ids": ids, "reasons": [reasons[key] for key in ids], "sources": rules.sources(on)}
    return {row.id for row in await tx.execute(_FAIL, values)}


async def drop_lines(tx: AsyncConnection, short: Sequence[tuple[UUID, UUID]], totals: Mapping[UUID, int]) -> None:
    """Mark the lines, by order and product, that a partial order goes without, and charge only the rest.

    The caller has locked the orders, by ``forward``.
    """
    if short:
        orders, products = (list(column) for column in zip(*sorted(short), strict=True))
        await tx.execute(_DROP_LINES, {"orders": orders, "products": products})
        await tx.execute(_SET_TOTALS, {"ids": sorted(totals), "totals": [totals[key] for key in sorted(totals)]})


async def cancelling(tx: AsyncConnection, orders: Sequence[UUID]) -> list[UUID]:
    """Return those of the orders whose cancel is under way."""
    return list((await tx.execute(_CANCELLING, {"ids": sorted(orders)})).scalars())


async def resume(tx: AsyncConnection, orders: Sequence[UUID]) -> dict[UUID, Status]:
    """Take orders whose cancel came too late back to the furthest that was heard of them; return who moved, where."""
    least, *further = rules.targets("shipping.not_stopped")
    values = {
        "ids": sorted(orders),
        "sources": rules.sources("shipping.not_stopped"),
        "targets": [least, *further],
        "least": least,
    }
    return {row.id: Status(row.status) for row in await tx.execute(_RESUME, values)}


async def give_back(tx: AsyncConnection, orders: Sequence[UUID], what: Back, *, on: str) -> list[UUID]:
    """Keep the fact that stock or money is back, and end the cancels for which both are; return who moved."""
    [target] = rules.targets(on)
    values = {
        "ids": sorted(orders),
        "stock": what == "stock",
        "money": what == "money",
        "sources": rules.sources(on),
        "target": target,
    }
    return sorted(row.id for row in await tx.execute(_GIVE_BACK, values) if row.moved)
