"""Placing orders with keys, and counting what came of it."""

from typing import Any

import httpx
from sqlalchemy import text

from tests.integration.gateway.door import Door
from workers.runtime.database import Database

_COUNT = text("""
    SELECT (SELECT count(*) FROM "order"."order") AS orders,
           (SELECT count(*) FROM post.outbox WHERE envelope ->> 'type' = 'order.created') AS messages,
           (SELECT count(*) FROM post.idempotency) AS answers
""")


async def place(door: Door, wish: Any, key: str | None) -> httpx.Response:
    return await door.http.post("/orders", json=wish, headers={"Idempotency-Key": key} if key is not None else {})


async def counted(database: Database) -> tuple[int, int, int]:
    async with database.transaction() as tx:
        orders, messages, answers = (await tx.execute(_COUNT)).one()
    return orders, messages, answers
