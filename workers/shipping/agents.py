"""Delivery agents, and how many shipments each has under way. Their rows are locked in order of their ids."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

_ADD = text("INSERT INTO shipping.agent (id, name, phone) VALUES (:id, :name, :phone) RETURNING *")
_GET = text("SELECT * FROM shipping.agent WHERE id = :id")
_FIRST = text("SELECT * FROM shipping.agent ORDER BY id DESC LIMIT :limit")
_NEXT = text("SELECT * FROM shipping.agent WHERE id < :before ORDER BY id DESC LIMIT :limit")
# The least busy are found without a lock, and their counts read again under it.
_LEAST_BUSY = text("""
    SELECT id, busy FROM shipping.agent
     WHERE id = ANY(ARRAY(SELECT id FROM shipping.agent ORDER BY busy, id LIMIT :limit))
     ORDER BY id FOR NO KEY UPDATE
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


class Agent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A delivery agent; ``busy`` counts the shipments under way."""

    id: UUID
    name: str
    phone: str | None
    busy: int
    created_at: datetime


async def add(tx: AsyncConnection, name: str, phone: str | None = None) -> Agent:
    """Add a delivery agent, who has a share in the shipments from now on."""
    row = (await tx.execute(_ADD, {"id": uuid7(), "name": name.strip(), "phone": phone})).mappings().one()
    return Agent(**row)


async def get(tx: AsyncConnection, id: UUID) -> Agent | None:  # noqa: A002 - what the caller has
    """Return one agent."""
    row = (await tx.execute(_GET, {"id": id})).mappings().one_or_none()
    return Agent(**row) if row else None


async def page(tx: AsyncConnection, *, limit: int, before: UUID | None = None) -> list[Agent]:
    """Return agents, newest first, from the one after ``before``."""
    rows = await tx.execute(_NEXT if before else _FIRST, {"limit": limit, "before": before})
    return [Agent(**row) for row in rows.mappings()]


async def least_busy(tx: AsyncConnection, limit: int) -> dict[UUID, int]:
    """Return the least busy agents and how many shipments each has; they stay so until ``tx`` ends."""
    return {row.id: row.busy for row in await tx.execute(_LEAST_BUSY, {"limit": limit})}


async def free(tx: AsyncConnection, agents: Sequence[UUID]) -> None:
    """Take shipments off their agents, one for each mention."""
    if agents:
        await tx.execute(_FREE, {"agents": list(agents)})
