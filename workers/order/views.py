"""What the order room shows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.order.rules import ItemStatus, Status, item_status
from workers.order.tables import order
from workers.runtime.timeline import Entry, Told, told

_TIMELINES = text("""
    SELECT order_id, at, kind, detail, message_id, causation_id FROM "order".event
     WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY order_id, id
""")
_STATUSES = text("""SELECT id, status FROM "order"."order" WHERE id = ANY(cast(:orders AS uuid[]))""")
PULSE = """
    SELECT 'order' AS source, order_id, count(*) AS beat FROM "order".event
     WHERE order_id = ANY(cast(:orders AS uuid[])) GROUP BY order_id
"""
"""A number for each order that changes when its timeline does."""
_LINES = text("""
    SELECT * FROM "order".line WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY order_id, position
""")


class OrderItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of an order, at the price of acceptance."""

    product_id: UUID
    name: str
    quantity: int
    unit_price: int
    status: ItemStatus


class Order(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order and its lines. ``total`` is what is charged, in minor units of ``currency``."""

    id: UUID
    user_id: UUID
    status: Status
    failure_reason: str | None
    total: int
    currency: str
    payment_method: str
    allow_partial: bool
    shipping_address: dict[str, Any] | None
    order_items: tuple[OrderItem, ...]
    created_at: datetime
    updated_at: datetime


async def page(
    tx: AsyncConnection,
    *,
    limit: int,
    before: UUID | None = None,
    status: str | None = None,
    user_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Order]:
    """List orders, newest first, older than ``before``; ``since`` and ``until`` (excluded) bound their creation."""
    wanted: list[ColumnElement[bool] | None] = [
        order.c.id < before if before else None,
        order.c.status == str(status) if status else None,
        order.c.user_id == user_id if user_id else None,
        order.c.created_at >= since if since else None,
        order.c.created_at < until if until else None,
    ]
    query = select(order).where(*(part for part in wanted if part is not None))
    rows = (await tx.execute(query.order_by(order.c.id.desc()).limit(limit))).all()
    return await _with_lines(tx, rows)


async def get(tx: AsyncConnection, id: UUID) -> Order | None:  # noqa: A002 - the contract of every room
    """Find one order."""
    rows = (await tx.execute(select(order).where(order.c.id == id))).all()
    return next(iter(await _with_lines(tx, rows)), None)


async def statuses(tx: AsyncConnection, orders: Sequence[UUID]) -> dict[UUID, Status]:
    """Say where orders stand; those that are not here are missing."""
    return {row.id: Status(row.status) for row in await tx.execute(_STATUSES, {"orders": list(orders)})}


async def timeline(tx: AsyncConnection, order_id: UUID) -> list[Entry]:
    """Tell the history of one order, oldest first."""
    return (await timelines(tx, [order_id])).get(order_id, [])


async def timelines(tx: AsyncConnection, orders: Sequence[UUID]) -> Told:
    """Tell the history of orders, each oldest first."""
    return told((row.order_id, _entry(row)) for row in await tx.execute(_TIMELINES, {"orders": list(orders)}))


def _entry(row: Any) -> Entry:
    return Entry(
        at=row.at,
        room="order",
        kind=row.kind,
        detail=row.detail or {},
        message_id=row.message_id,
        causation_id=row.causation_id,
    )


async def _with_lines(tx: AsyncConnection, rows: Sequence[Any]) -> list[Order]:
    lines: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in await tx.execute(_LINES, {"orders": [row.id for row in rows]}):
        lines[row.order_id].append(row)
    return [_order(row, lines[row.id]) for row in rows]


def _order(row: Any, lines: Sequence[Any]) -> Order:
    status = Status(row.status)
    return Order(
        id=row.id,
        user_id=row.user_id,
        status=status,
        failure_reason=row.failure_reason,
        total=row.total,
        currency=row.currency,
        payment_method=row.payment_method,
        allow_partial=row.allow_partial,
        shipping_address=row.shipping_address,
        order_items=tuple(_item(status, each) for each in lines),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _item(status: Status, row: Any) -> OrderItem:
    return OrderItem(
        product_id=row.product_id,
        name=row.name,
        quantity=row.quantity,
        unit_price=row.unit_price,
        status=item_status(status, dropped=row.dropped),
    )
