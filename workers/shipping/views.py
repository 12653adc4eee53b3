"""What is read of shipments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.timeline import Entry, Told, told
from workers.shipping.tables import agent, shipment

Status = Literal["PREPARING", "IN_TRANSIT", "DELIVERED", "STOPPED"]

_EVENTS = text("""
    SELECT shipment_id, at, status, location, note FROM shipping.event
     WHERE shipment_id = ANY(cast(:ids AS uuid[])) ORDER BY shipment_id, id
""")
_TIMELINES = text("""
    SELECT s.order_id, e.at, e.status, e.location, e.note, e.message_id, a.name AS agent,
           CASE WHEN e.reported THEN 'carrier' END AS "reportedBy",
           CASE WHEN e.status = 'IN_TRANSIT' THEN s.tracking_number END AS "trackingNumber"
      FROM shipping.shipment s JOIN shipping.event e ON e.shipment_id = s.id
      LEFT JOIN shipping.agent a ON a.id = s.agent_id AND e.status = 'PREPARING'
     WHERE s.order_id = ANY(cast(:orders AS uuid[])) ORDER BY e.shipment_id, e.id
""")
PULSE = """
    SELECT 'shipping' AS source, s.order_id, count(*) AS beat
      FROM shipping.shipment s JOIN shipping.event e ON e.shipment_id = s.id
     WHERE s.order_id = ANY(cast(:orders AS uuid[])) GROUP BY s.order_id
"""
"""A number for each order that changes when its timeline does."""
_DETAIL = ("agent", "trackingNumber", "location", "note", "reportedBy")


class AgentName(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom a shipment is with."""

    id: UUID
    name: str


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One step of a shipment."""

    at: datetime
    status: Status
    location: str | None
    note: str | None


class Shipment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A shipment as HTTP shows it."""

    id: UUID
    order_id: UUID
    status: Status
    agent: AgentName | None
    tracking_number: str | None
    history: tuple[Event, ...]


_SELECT = select(
    shipment.c.id,
    shipment.c.order_id,
    shipment.c.status,
    shipment.c.tracking_number,
    agent.c.id.label("agent_id"),
    agent.c.name.label("agent_name"),
).select_from(shipment.outerjoin(agent, agent.c.id == shipment.c.agent_id))


async def get(tx: AsyncConnection, id: UUID) -> Shipment | None:  # noqa: A002 - what the caller has
    """Return one shipment."""
    found = await _with_history(tx, (await tx.execute(_SELECT.where(shipment.c.id == id))).all())
    return found[0] if found else None


async def page(
    tx: AsyncConnection,
    *,
    limit: int,
    before: UUID | None = None,
    order_id: UUID | None = None,
    status: Status | None = None,
) -> list[Shipment]:
    """Return shipments, newest first, from the one after ``before``."""
    wanted = _SELECT.order_by(shipment.c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(shipment.c.id < before)
    if order_id:
        wanted = wanted.where(shipment.c.order_id == order_id)
    if status:
        wanted = wanted.where(shipment.c.status == status)
    return await _with_history(tx, (await tx.execute(wanted)).all())


async def timeline(tx: AsyncConnection, order_id: UUID) -> list[Entry]:
    """Tell what happened to the order's shipment, oldest first."""
    return (await timelines(tx, [order_id])).get(order_id, [])


async def timelines(tx: AsyncConnection, orders: Sequence[UUID]) -> Told:
    """Tell what happened to the orders' shipments, each oldest first."""
    rows = (await tx.execute(_TIMELINES, {"orders": list(orders)})).mappings()
    return told((row["order_id"], _entry(row)) for row in rows)


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(
        at=row["at"],
        room="shipping",
        kind=f"shipment.{row['status'].lower()}",
        detail={key: row[key] for key in _DETAIL if row[key] is not None},
        message_id=row["message_id"],
    )


async def _with_history(tx: AsyncConnection, rows: Sequence[Any]) -> list[Shipment]:
    history: dict[UUID, list[Event]] = {row.id: [] for row in rows}
    for event in await tx.execute(_EVENTS, {"ids": list(history)}):
        history[event.shipment_id].append(
            Event(at=event.at, status=event.status, location=event.location, note=event.note)
        )
    return [
        Shipment(
            id=row.id,
            order_id=row.order_id,
            status=row.status,
            agent=AgentName(id=row.agent_id, name=row.agent_name) if row.agent_id else None,
            tracking_number=row.tracking_number,
            history=tuple(history[row.id]),
        )
        for row in rows
    ]
