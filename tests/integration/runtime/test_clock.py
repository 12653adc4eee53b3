"""Timers: what is due is done in bites, by one process each, and what it announces stands in the outbox."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post import outbox
from tests.support.toy import SCHEMA, Pong
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.patience import Patience
from workers.runtime.room import Room
from workers.runtime.settings import Settings

_TAKE = text("""
    DELETE FROM due WHERE order_id IN (SELECT order_id FROM due ORDER BY order_id LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING order_id
""")


def clock(database: Database, settings: Settings, *, fail: bool = False) -> Clock:
    room = Room("Toy")

    @room.every(0.01)
    async def take_due(tx: AsyncConnection, limit: int) -> Sequence[Pong]:
        rows = (await tx.execute(_TAKE, {"limit": limit})).all()
        if fail:
            raise RuntimeError("not this time")
        return [Pong(order_id=row.order_id) for row in rows]

    return Clock(room.timers["take_due"], database, settings, Patience(database.probe), said_by="toy")


async def fill(database: Database, number: int) -> None:
    async with database.transaction() as tx:
        for statement in SCHEMA.split(";"):
            await tx.execute(text(statement))
        await tx.execute(
            text("INSERT INTO due SELECT unnest(cast(:ids AS uuid[]))"), {"ids": [uuid4() for _ in range(number)]}
        )


async def test_two_processes_share_what_is_due_and_announce_each_thing_once(
    database: Database, settings: Settings
) -> None:
    await fill(database, 95)
    small = msgspec.structs.replace(settings, batch_size=10)
    clocks = [clock(database, small), clock(database, small)]
    while any(await asyncio.gather(*(clock.tick() for clock in clocks))):
        pass
    async with database.transaction() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM due"))).scalar_one() == 0
        waiting = await outbox.lease(tx, limit=200, seconds=1)
    assert len({envelope.subject for envelope in waiting.values()}) == len(waiting) == 95


async def test_what_fails_stays_due_and_announces_nothing(database: Database, settings: Settings) -> None:
    await fill(database, 3)
    timer = clock(database, settings, fail=True)
    running = asyncio.create_task(timer.run())
    await asyncio.sleep(0.1)
    timer.stop()
    await asyncio.wait_for(running, timeout=5)
    async with database.transaction() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM due"))).scalar_one() == 3
        assert not await outbox.lease(tx, limit=10, seconds=1)
