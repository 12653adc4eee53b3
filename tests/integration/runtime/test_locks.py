"""A lock that somebody holds for long: everybody waits for it, and nobody is condemned by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post import failures
from tests.support.broker import Broker
from tests.support.toy import EFFECT, Ping, count, effects, listener, ping, prepare, waiting_for, working
from tests.support.waiting import eventually
from workers.runtime import consumer, database
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.room import Room
from workers.runtime.settings import Settings

QUEUE = "Toy_Ping"
LOCK_TIMEOUT = 0.2


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    options = database._OPTIONS.replace("lock_timeout=10s", f"lock_timeout={LOCK_TIMEOUT * 1000:.0f}ms")
    assert options != database._OPTIONS
    monkeypatch.setattr(database, "_OPTIONS", options)


def room_that_locks() -> Room:
    """Whatever it is about has a row, and is locked by it; and nothing may fail twice."""
    room = Room("Toy", ladder=())

    @room.on
    async def take(pings: Batch[Ping], tx: AsyncConnection) -> None:
        ids = {"ids": sorted(pings.subjects)}
        await tx.execute(text("SELECT FROM due WHERE order_id = ANY(cast(:ids AS uuid[])) FOR UPDATE"), ids)
        await tx.execute(EFFECT, {**ids, "what": "ping"})

    return room


@asynccontextmanager
async def locked(database: Database, statement: str, order: UUID | None = None) -> AsyncIterator[None]:
    async with database.transaction() as tx:
        await tx.execute(text(statement), {"order": order} if order else {})
        yield


async def nothing_failed(database: Database, broker: Broker, *orders: UUID) -> None:
    assert await broker.depth(f"{QUEUE}.dead") == 0
    async with database.transaction() as tx:
        assert await failures.about(tx, orders) == []


async def test_a_table_that_is_locked_for_long_is_waited_for(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    room = room_that_locks()
    made = await prepare(database, fleet_settings, room, listener())
    sent = [ping() for _ in range(20)]
    async with working(room, fleet_settings, made) as worker:
        async with locked(database, "LOCK TABLE effect"):
            await broker.send(*sent)
            waiting = await waiting_for(worker)
            assert waiting.what == "database"
            assert "lock timeout" in str(waiting.error)
            await asyncio.sleep((consumer.ROUNDS + 5) * (LOCK_TIMEOUT + 0.2))
            assert worker.consumers[0].is_well
        await eventually(lambda: count(database, 20), what="every effect")
        await eventually(lambda: worker.waits() == {}, what="an end of the wait")
    await nothing_failed(database, broker, *(each.subject for each in sent))


async def test_a_row_that_is_locked_for_long_keeps_only_who_needs_it(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    room = room_that_locks()
    made = await prepare(database, fleet_settings, room, listener())
    blocked, others = ping(), [ping() for _ in range(20)]
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO due VALUES (:order)"), {"order": blocked.subject})
    async with working(room, fleet_settings, made):
        async with locked(database, "SELECT FROM due WHERE order_id = :order FOR UPDATE", blocked.subject):
            await broker.send(*others[:10], blocked, *others[10:])
            await eventually(lambda: count(database, 20), what="the neighbours' effects")
            await eventually(lambda: _waits(broker), what="the blocked one on the ladder")
            assert blocked.subject not in await effects(database)
        await eventually(lambda: count(database, 21), what="the effect of the blocked one")
    await nothing_failed(database, broker, blocked.subject)


async def _waits(broker: Broker) -> bool:
    return await broker.depth("retry.5s") > 0
