"""Changing orders, and seeing what came of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from messages.post import outbox
from messages.post.envelope import Envelope
from tests.integration.gateway.door import Door
from workers.runtime.database import Database


async def put(door: Door, order: dict[str, Any], **change: Any) -> Any:
    answer = await door.http.put(f"/orders/{order['id']}", json=change)
    assert answer.status_code == 200, answer.text
    assert answer.json() == await door.get(f"/orders/{order['id']}")
    return answer.json()


async def waiting(database: Database) -> list[Envelope]:
    """What was said of orders; products and users have their own events."""
    async with database.transaction() as tx:
        rows = (await outbox.lease(tx, limit=1000, seconds=0)).values()
    return [row for row in rows if isinstance(row, Envelope) and row.type.startswith("order.")]


async def set_status(database: Database, order: dict[str, Any], status: str) -> None:
    async with database.transaction() as tx:
        change = text('UPDATE "order"."order" SET status = :status WHERE id = :id')
        await tx.execute(change, {"id": UUID(order["id"]), "status": status})


async def report(door: Door, shipment: dict[str, Any], status: str, **more: str) -> Any:
    """Report where a shipment is."""
    answer = await door.http.post(f"/shipments/{shipment['id']}/tracking", json={"status": status, **more})
    assert answer.status_code == 200, answer.text
    assert answer.json() == await door.get(f"/shipments/{shipment['id']}")
    return answer.json()
