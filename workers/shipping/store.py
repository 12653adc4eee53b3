"""What is written of shipments, in sets: each step is a compare-and-set, with its row in the history."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from workers.runtime.batch import Batch
from workers.shipping.agents import free
from workers.shipping.rules import Status

# One order at a time: a row that is not there cannot be locked, and ON CONFLICT would wait with other locks in hand.
_CLAIM = text("""
    SELECT pg_advisory_xact_lock(hashtext('shipping.shipment'), key)
      FROM (SELECT DISTINCT hashtext(cast(id AS text)) AS key FROM unnest(cast(:orders AS uuid[])) AS id ORDER BY key) k
""")
_PREPARE = text("""
    WITH paid AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]), cast(:agents AS uuid[]),
                             cast(:messages AS uuid[])) AS paid (id, order_id, agent_id, message_id)
    ), prepared AS (
        INSERT INTO shipping.shipment (id, order_id, agent_id, dispatch_at)
        SELECT id, order_id, agent_id, now() + cast(:handling AS interval) FROM paid
         WHERE NOT EXISTS (SELECT FROM shipping.shipment s WHERE s.order_id = paid.order_id)
        ON CONFLICT (order_id) DO NOTHING
        RETURNING id, agent_id
    ), noted AS (
        INSERT INTO shipping.event (shipment_id, status, message_id)
        SELECT id, 'PREPARING', paid.message_id FROM prepared JOIN paid USING (id)
    )
    UPDATE shipping.agent a SET busy = busy + taken.shipments
      FROM (SELECT agent_id, count(*) AS shipments FROM prepared GROUP BY agent_id) taken
     WHERE a.id = taken.agent_id
""")
_TO_DISPATCH = text("""
    SELECT id FROM shipping.shipment WHERE status = 'PREPARING' AND dispatch_at <= now()
     ORDER BY dispatch_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")
_LEAVE = text("""
    WITH gone AS (
        UPDATE shipping.shipment
           SET status = 'IN_TRANSIT', updated_at = now(), deliver_at = now() + cast(:transit AS interval),
               tracking_number = 'OF' || upper(right(replace(cast(id AS text), '-', ''), 16))
         WHERE id = ANY(cast(:ids AS uuid[])) AND status = 'PREPARING'
        RETURNING id, order_id, tracking_number
    ), noted AS (
        INSERT INTO shipping.event (shipment_id, status, location, note, reported)
        SELECT id, 'IN_TRANSIT', cast(:location AS text), cast(:note AS text), :reported FROM gone
    )
    SELECT id AS shipment_id, order_id, tracking_number FROM gone
""")
_TO_DELIVER = text("""
    SELECT id FROM shipping.shipment WHERE status = 'IN_TRANSIT' AND deliver_at <= now()
     ORDER BY deliver_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")
_ARRIVE = text("""
    WITH arrived AS (
        UPDATE shipping.shipment SET status = 'DELIVERED', updated_at = now()
         WHERE id = ANY(cast(:ids AS uuid[])) AND status = 'IN_TRANSIT'
        RETURNING id, order_id, agent_id
    ), noted AS (
        INSERT INTO shipping.event (shipment_id, status, location, note, reported)
        SELECT id, 'DELIVERED', cast(:location AS text), cast(:note AS text), :reported FROM arrived
    )
    SELECT id, order_id, agent_id FROM arrived
""")
_OF_ORDER = text("SELECT id FROM shipping.shipment WHERE order_id = :order_id")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier says of a shipment."""

    status: Status
    location: str | None = None
    note: str | None = None


async def claim(tx: AsyncConnection, orders: Sequence[UUID]) -> None:
    """Be the only one who may begin shipments for these orders, or find that there are none, until ``tx`` ends.

    It comes before every other lock of the room: the order is claims, shipments, agents.
    """
    await tx.execute(_CLAIM, {"orders": list(orders)})


async def prepare(
    tx: AsyncConnection, paid: Batch[PaymentCompleted], agents: Mapping[UUID, UUID | None], handling_seconds: float
) -> None:
    """Begin a shipment for every order that has none, of those claimed; ``agents`` says whose it is."""
    await tx.execute(
        _PREPARE,
        {
            "ids": [uuid7() for _ in paid],
            "orders": paid.subjects,
            "agents": [agents[order] for order in paid.subjects],
            "messages": list(paid.ids),
            "handling": timedelta(seconds=handling_seconds),
        },
    )


async def dispatch(tx: AsyncConnection, limit: int, transit: timedelta | None) -> Sequence[OrderShipped]:
    """Send off what has been prepared long enough."""
    due = (await tx.execute(_TO_DISPATCH, {"limit": limit})).scalars().all()
    return await leave(tx, due, transit) if due else []


async def deliver(tx: AsyncConnection, limit: int) -> Sequence[OrderDelivered]:
    """End the journeys that are over."""
    due = (await tx.execute(_TO_DELIVER, {"limit": limit})).scalars().all()
    return await arrive(tx, due) if due else []


async def confirm_delivery(tx: AsyncConnection, order_id: UUID) -> OrderDelivered | None:
    """End an order's journey as somebody says that it has arrived: the caller has what is returned said in ``tx``.

    None when the order is not on its way.
    """
    said = await arrive(tx, (await tx.execute(_OF_ORDER, {"order_id": order_id})).scalars().all())
    return said[0] if said else None


async def leave(
    tx: AsyncConnection, shipments: Sequence[UUID], transit: timedelta | None, report: Report | None = None
) -> Sequence[OrderShipped]:
    """Send off those that are being prepared; the clock delivers them after ``transit``, without it a report does."""
    rows = await tx.execute(_LEAVE, {"ids": list(shipments), "transit": transit, **_seen(report)})
    return [OrderShipped(**row) for row in rows.mappings()]


async def arrive(
    tx: AsyncConnection, shipments: Sequence[UUID], report: Report | None = None
) -> Sequence[OrderDelivered]:
    """End the journey of those that are on their way, and free their agents."""
    rows = (await tx.execute(_ARRIVE, {"ids": list(shipments), **_seen(report)})).all()
    await free(tx, [row.agent_id for row in rows if row.agent_id])
    return [OrderDelivered(order_id=row.order_id, shipment_id=row.id) for row in rows]


def _seen(report: Report | None) -> dict[str, Any]:
    if report is None:
        return {"location": None, "note": None, "reported": False}
    return {"location": report.location, "note": report.note, "reported": True}
