"""Stopping shipments before they leave, in sets; an order without a shipment gets one that is stopped, a tombstone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from workers.shipping import agents, store
from workers.shipping.rules import STOPPABLE, Status

_LOCK = text("""
    SELECT id, order_id, status, agent_id FROM shipping.shipment
     WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY order_id FOR NO KEY UPDATE
""")
_STOP = text("""
    WITH stopped AS (
        UPDATE shipping.shipment SET status = 'STOPPED', updated_at = now() WHERE id = ANY(cast(:ids AS uuid[]))
    )
    INSERT INTO shipping.event (shipment_id, status, message_id)
    SELECT id, 'STOPPED', message_id FROM unnest(cast(:ids AS uuid[]), cast(:messages AS uuid[])) AS s (id, message_id)
""")
_BURY = text("""
    WITH buried AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]), cast(:messages AS uuid[]))
                   AS buried (id, order_id, message_id)
    ), noted AS (
        INSERT INTO shipping.event (shipment_id, status, message_id) SELECT id, 'STOPPED', message_id FROM buried
    )
    INSERT INTO shipping.shipment (id, order_id, status) SELECT id, order_id, 'STOPPED' FROM buried
""")


async def stop(tx: AsyncConnection, causes: Mapping[UUID, UUID]) -> dict[UUID, Status]:
    """Stop what has not left; return how each order's shipment stands then. ``causes`` gives each order's message."""
    await store.claim(tx, list(causes))
    stand = await _stop_known(tx, list(causes), causes)
    unknown = [order for order in causes if order not in stand]
    await _bury(tx, unknown, causes)
    return stand | dict.fromkeys(unknown, Status.STOPPED)


async def _stop_known(tx: AsyncConnection, orders: Sequence[UUID], causes: Mapping[UUID, UUID]) -> dict[UUID, Status]:
    known = (await tx.execute(_LOCK, {"orders": orders})).all()
    due = [row for row in known if row.status in STOPPABLE]
    if due:
        values: dict[str, Any] = {"ids": [row.id for row in due], "messages": [causes[row.order_id] for row in due]}
        await tx.execute(_STOP, values)
        await agents.free(tx, [row.agent_id for row in due if row.agent_id])
    return {row.order_id: Status.STOPPED if row in due else Status(row.status) for row in known}


async def _bury(tx: AsyncConnection, orders: Sequence[UUID], causes: Mapping[UUID, UUID]) -> None:
    if not orders:
        return
    values = {
        "ids": [uuid7() for _ in orders],
        "orders": list(orders),
        "messages": [causes[order] for order in orders],
    }
    await tx.execute(_BURY, values)
