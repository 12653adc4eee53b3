"""The order room's statements. Whatever changes several orders locks them in the order of their ids."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Customer, Line
from workers.order import history
from workers.order.rules import MAY_BECOME, Status, lower

_encoder = msgspec.json.Encoder()

_ACCEPT = text("""
    INSERT INTO "order"."order" (id, user_id, customer_name, customer_email, status, total, currency, payment_method,
                                 allow_partial, shipping_address, created_at, updated_at)
    SELECT id, user_id, name, email, status, total, currency, method, partial, address, at, at
      FROM unnest(cast(:ids AS uuid[]), cast(:users AS uuid[]), cast(:names AS text[]), cast(:emails AS text[]),
                  cast(:statuses AS text[]), cast(:totals AS bigint[]), cast(:currencies AS text[]),
                  cast(:methods AS text[]), cast(:partials AS bool[]), cast(:addresses AS json[]),
                  cast(:ats AS timestamptz[]))
        AS new (id, user_id, name, email, status, total, currency, method, partial, address, at)
""")
_ADD_LINES = text("""
    INSERT INTO "order".line (order_id, position, product_id, name, quantity, unit_price)
    SELECT * FROM unnest(cast(:orders AS uuid[]), cast(:positions AS int[]), cast(:products AS uuid[]),
                         cast(:names AS text[]), cast(:quantities AS int[]), cast(:prices AS bigint[]))
""")
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
_STOCK_BACK = text("""
    WITH due AS (
        SELECT id FROM "order"."order" WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE "order"."order" o SET stock_back = true, updated_at = now() FROM due WHERE o.id = due.id
""")


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the gateway accepts it; with ``submit`` it goes on its way, without it stays a draft."""

    id: UUID
    customer: Customer
    lines: tuple[Line, ...]
    total: int
    currency: str
    payment_method: str
    allow_partial: bool
    shipping_address: dict[str, Any] | None
    submit: bool
    created_at: datetime

    @property
    def status(self) -> Status:
        """Where the order begins."""
        return Status.PENDING if self.submit else Status.DRAFT


async def accept(tx: AsyncConnection, orders: Sequence[NewOrder]) -> None:
    """Write down new orders, their lines, and the first row of their history."""
    if not orders:
        return
    new = sorted(orders, key=lambda order: order.id)
    await tx.execute(_ACCEPT, _columns(new))
    await tx.execute(_ADD_LINES, _line_columns(new))
    await history.add(tx, [_beginning(order) for order in new])


async def forward(tx: AsyncConnection, orders: Sequence[UUID], step: Status) -> set[UUID]:
    """Take orders up to ``step``, never down, and keep the fact where the status may not move; return who moved."""
    values = {"ids": sorted(orders), "step": step, "sources": sorted(MAY_BECOME[step]), "lower": sorted(lower(step))}
    return {row.id for row in await tx.execute(_FORWARD, values) if row.status == step}


async def fail(tx: AsyncConnection, reasons: Mapping[UUID, str]) -> set[UUID]:
    """End orders that cannot be fulfilled, unless they have ended or are being cancelled; return who moved."""
    ids = sorted(reasons)
    values = {"ids": ids, "reasons": [reasons[key] for key in ids], "sources": sorted(MAY_BECOME[Status.FAILED])}
    return {row.id for row in await tx.execute(_FAIL, values)}


async def drop_lines(tx: AsyncConnection, short: Sequence[tuple[UUID, UUID]], totals: Mapping[UUID, int]) -> None:
    """Mark the lines, by order and product, that a partial order goes without, and charge only the rest.

    The caller has locked the orders, by ``forward``.
    """
    if short:
        orders, products = (list(column) for column in zip(*sorted(short), strict=True))
        await tx.execute(_DROP_LINES, {"orders": orders, "products": products})
        await tx.execute(_SET_TOTALS, {"ids": sorted(totals), "totals": [totals[key] for key in sorted(totals)]})


async def note_stock_back(tx: AsyncConnection, orders: Sequence[UUID]) -> None:
    """Keep the fact that nothing is held for the orders any more."""
    await tx.execute(_STOCK_BACK, {"ids": sorted(orders)})


def _beginning(order: NewOrder) -> history.Event:
    detail = {"status": order.status, "total": order.total, "currency": order.currency}
    return history.Event(order_id=order.id, kind="order.accepted", detail=detail)


def _columns(orders: Sequence[NewOrder]) -> dict[str, list[Any]]:
    return {
        "ids": [order.id for order in orders],
        "users": [order.customer.user_id for order in orders],
        "names": [order.customer.name for order in orders],
        "emails": [order.customer.email for order in orders],
        "statuses": [order.status.value for order in orders],
        "totals": [order.total for order in orders],
        "currencies": [order.currency for order in orders],
        "methods": [order.payment_method for order in orders],
        "partials": [order.allow_partial for order in orders],
        "addresses": [_json(order.shipping_address) for order in orders],
        "ats": [order.created_at for order in orders],
    }


def _line_columns(orders: Sequence[NewOrder]) -> dict[str, list[Any]]:
    rows = [(order.id, position, line) for order in orders for position, line in enumerate(order.lines)]
    return {
        "orders": [order for order, _, _ in rows],
        "positions": [position for _, position, _ in rows],
        "products": [line.product_id for _, _, line in rows],
        "names": [line.name for _, _, line in rows],
        "quantities": [line.quantity for _, _, line in rows],
        "prices": [line.unit_price for _, _, line in rows],
    }


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else _encoder.encode(value).decode()
