"""Finding the orders that something was said about lately, or that have not ended, and saying all of it again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post import outbox, receipts
from messages.post.envelope import Envelope, enclose
from ops.mend.origins import ORIGINS
from workers.runtime.database import Database
from workers.runtime.settings import Settings

BITE = 500
_FIRST = UUID(int=0)
_ORDERS = text("""
    SELECT id FROM "order"."order"
     WHERE id > :after AND status <> 'DRAFT'
       AND (updated_at > now() - make_interval(secs => :seconds) OR status NOT IN ('DELIVERED', 'CANCELLED', 'FAILED'))
     ORDER BY id LIMIT :bite
""")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages about how many orders."""

    orders: int = 0
    messages: int = 0


async def say_again(settings: Settings, *, minutes: float) -> Said:
    """Leave for the relay whatever was said about orders that are on their way or ended in the last ``minutes``."""
    said = Said()
    async with _opened(settings) as databases:
        async for orders in _bites(databases[settings.room_database_url("order")], minutes * 60):
            messages = sum([await _repeat(settings, database, url, orders) for url, database in databases.items()])
            said = Said(orders=said.orders + len(orders), messages=said.messages + messages)
    return said


async def _repeat(settings: Settings, database: Database, url: str, orders: Sequence[UUID]) -> int:
    """Say again what rooms that live in one database have said."""
    async with database.transaction() as tx:
        handled = await receipts.about(tx, orders)
        begun = await _origins(settings, tx, url, orders)
        envelopes = [*begun, *(reply for each in handled for reply in each.replies)]
        await outbox.put(tx, envelopes)
    return len(envelopes)


async def _origins(settings: Settings, tx: AsyncConnection, url: str, orders: Sequence[UUID]) -> list[Envelope]:
    envelopes: list[Envelope] = []
    for origin in ORIGINS:
        if settings.room_database_url(origin.room) == url:
            rows = await tx.execute(origin.query, {"orders": list(orders)})
            envelopes += [enclose(origin.message(row), said_by=origin.said_by) for row in rows]
    return envelopes


async def _bites(database: Database, seconds: float) -> AsyncIterator[Sequence[UUID]]:
    after = _FIRST
    while True:
        async with database.transaction() as tx:
            orders = list((await tx.execute(_ORDERS, {"after": after, "seconds": seconds, "bite": BITE})).scalars())
        if not orders:
            return
        yield orders
        after = orders[-1]


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[dict[str, Database]]:
    databases = {url: Database(url, connections=1, name="orderfleet mend") for url in settings.database_urls()}
    try:
        yield databases
    finally:
        for database in databases.values():
            await database.close()
