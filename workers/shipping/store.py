"""What is written of shipments and agents, in sets."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from workers.runtime.batch import Batch
from workers.shipping.views import Agent

_ADD_AGENT = text("INSERT INTO shipping.agent (id, name, phone) VALUES (:id, :name, :phone) RETURNING *")
# The least busy are found without a lock, and their counts read again under it.
_LEAST_BUSY = text("""
    SELECT id, busy FROM shipping.agent
     WHERE id = ANY(ARRAY(SELECT id FROM shipping.agent ORDER BY busy, id LIMIT :limit))
     ORDER BY id FOR NO KEY UPDATE
""")
_PREPARE = text("""
    WITH paid AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]), cast(:agents AS uuid[]),
                             cast(:messages AS uuid[])) AS paid (id, order_id, agent_id, message_id)
    ), prepared AS (
        INSERT INTO shipping.shipment (id, order_id, agent_id, dispatch_at)
        SELECT id, order_id, agent_id, now() + cast(:handling AS interval) FROM paid ORDER BY order_id
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
_DISPATCH = text("""
    WITH due AS (
        SELECT id FROM shipping.shipment WHERE status = 'PREPARING' AND dispatch_at <= now()
         ORDER BY dispatch_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ), dispatched AS (
        UPDATE shipping.shipment s
           SET status = 'IN_TRANSIT', updated_at = now(), deliver_at = now() + cast(:transit AS interval),
               tracking_number = 'OF' || upper(right(replace(cast(s.id AS text), '-', ''), 16))
          FROM due WHERE s.id = due.id
        RETURNING s.id, s.order_id, s.tracking_number
    ), noted AS (
        INSERT INTO shipping.event (shipment_id, status) SELECT id, 'IN_TRANSIT' FROM dispatched
    )
    SELECT id AS shipment_id, order_id, tracking_number FROM dispatched
""")
_DELIVER = text("""
    WITH due AS (
        SELECT id FROM shipping.shipment WHERE status = 'IN_TRANSIT' AND deliver_at <= now()
         ORDER BY deliver_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ), delivered AS (
        UPDATE shipping.shipment s SET status = 'DELIVERED', updated_at = now()
          FROM due WHERE s.id = due.id
        RETURNING s.id, s.order_id, s.agent_id
    ), noted AS (
        INSERT INTO shipping.event (shipment_id, status) SELECT id, 'DELIVERED' FROM delivered
    )
    SELECT id, order_id, agent_id FROM delivered
""")
_CONFIRM = text("""
    WITH delivered AS (
        UPDATE shipping.shipment SET status = 'DELIVERED', updated_at = now()
         WHERE order_id = :order_id AND status = 'IN_TRANSIT'
        RETURNING id, order_id, agent_id
    ), noted AS (
        INSERT INTO shipping.event (shipment_id, status) SELECT id, 'DELIVERED' FROM delivered
    )
    SELECT id, order_id, agent_id FROM delivered
""")
_FREE = text("""
    WITH locked AS (
        SELECT id FROM shipping.agent WHERE id = ANY(cast(:agents AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE shipping.agent a SET busy = greatest(busy - freed.shipments, 0)
      FROM locked JOIN (SELECT id, count(*) AS shipments FROM unnest(cast(:agents AS uuid[])) AS freed (id) GROUP BY id)
           AS freed USING (id)
     WHERE a.id = locked.id
""")


async def add_agent(tx: AsyncConnection, name: str, phone: str | None = None) -> Agent:
    """Add a delivery agent."""
    row = (await tx.execute(_ADD_AGENT, {"id": uuid7(), "name": name, "phone": phone})).mappings().one()
    return Agent(**row)


async def least_busy(tx: AsyncConnection, limit: int) -> dict[UUID, int]:
    """Return the least busy agents and how many shipments each has; they stay so until ``tx`` ends."""
    return {row.id: row.busy for row in await tx.execute(_LEAST_BUSY, {"limit": limit})}


async def prepare(
    tx: AsyncConnection, paid: Batch[PaymentCompleted], agents: Mapping[UUID, UUID | None], handling_seconds: float
) -> None:
    """Begin a shipment for every order that has none; ``agents`` says whose it is."""
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


async def dispatch(tx: AsyncConnection, limit: int, transit_seconds: float) -> Sequence[OrderShipped]:
    """Send off what has been prepared long enough."""
    rows = await tx.execute(_DISPATCH, {"limit": limit, "transit": timedelta(seconds=transit_seconds)})
    return [OrderShipped(**row) for row in rows.mappings()]


async def deliver(tx: AsyncConnection, limit: int) -> Sequence[OrderDelivered]:
    """End the journeys that are over, and free their agents."""
    return await _delivered(tx, (await tx.execute(_DELIVER, {"limit": limit})).all())


async def confirm_delivery(tx: AsyncConnection, order_id: UUID) -> OrderDelivered | None:
    """End an order's journey as somebody says that it has arrived: the caller has what is returned said in ``tx``.

    None when the order is not on its way.
    """
    said = await _delivered(tx, (await tx.execute(_CONFIRM, {"order_id": order_id})).all())
    return said[0] if said else None


async def free(tx: AsyncConnection, agents: Sequence[UUID]) -> None:
    """Take shipments off their agents, one for each mention."""
    if agents:
        await tx.execute(_FREE, {"agents": list(agents)})


async def _delivered(tx: AsyncConnection, rows: Sequence[Any]) -> list[OrderDelivered]:
    await free(tx, [row.agent_id for row in rows if row.agent_id])
    return [OrderDelivered(order_id=row.order_id, shipment_id=row.id) for row in rows]
