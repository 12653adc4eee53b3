"""A paused queue is left alone, by whoever is there now or comes later, until it is resumed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import psycopg
import pytest
from sqlalchemy import text

from messages.post.topology import Topology
from tests.support.broker import Broker
from tests.support.toy import count, effects, listener, ping, prepare, toy, working
from tests.support.waiting import eventually
from workers.runtime import gatekeeper, pauses
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.waiting import PAUSE
from workers.runtime.worker import Worker

QUEUE = "Toy_Ping"


@pytest.fixture
async def made(database: Database, fleet_settings: Settings) -> Topology:
    return await prepare(database, fleet_settings, toy(), listener())


async def pause(database: Database) -> None:
    async with database.transaction() as tx:
        await pauses.pause(tx, QUEUE, by="ada", why="a look")


async def resume(database: Database) -> None:
    async with database.transaction() as tx:
        await pauses.resume(tx, QUEUE)


async def consumes(worker: Worker) -> None:
    await eventually(lambda: any(consumer.is_consuming for consumer in worker.consumers), what="the consumer")


async def is_paused(worker: Worker) -> None:
    """Wait until the worker leaves its queue alone, well and ready all the while."""
    [consumer] = await eventually(lambda: worker.consumers, what="the consumer")

    def left() -> bool:
        waiting = consumer.waiting
        return not consumer.holds_anything and waiting is not None and waiting.what == PAUSE

    await eventually(left, what="the pause", seconds=5)
    assert consumer.is_well
    assert consumer.is_ready


async def test_a_pause_is_heard_at_once_and_so_is_its_end(
    database: Database, fleet_settings: Settings, broker: Broker, made: Topology
) -> None:
    rarely = msgspec.structs.replace(fleet_settings, pause_poll_seconds=3600)
    async with working(toy(), rarely, made) as worker:
        await consumes(worker)
        await eventually(lambda: _listens(database), what="a worker that listens")
        await pause(database)
        await is_paused(worker)
        waiting = worker.waits()[QUEUE]
        assert (waiting.by, waiting.why) == ("ada", "a look")
        await broker.send(*(ping() for _ in range(20)))
        await asyncio.sleep(0.5)
        assert (await broker.depth(QUEUE), await effects(database)) == (20, [])
        await resume(database)
        await eventually(lambda: count(database, 20), what="every effect")
        assert worker.waits() == {}


async def test_a_pause_that_nobody_announced_is_found_by_looking(
    database: Database, fleet_settings: Settings, made: Topology
) -> None:
    async with working(toy(), fleet_settings, made) as worker:
        await consumes(worker)
        async with database.transaction() as tx:
            await tx.execute(text("INSERT INTO operations.queue_pause (queue) VALUES ('Toy_Ping')"))
        await is_paused(worker)


async def test_what_a_worker_holds_when_the_pause_comes_is_finished_and_nothing_is_given_back(
    database: Database, fleet_settings: Settings, broker: Broker, made: Topology
) -> None:
    small = msgspec.structs.replace(fleet_settings, batch_size=5, prefetch=50)
    await broker.send(*(ping() for _ in range(1000)))
    async with working(toy(), small, made) as worker:
        await eventually(lambda: effects(database), what="the first effect")
        await pause(database)
        await is_paused(worker)
        done = len(await effects(database))
        left = await broker.take(QUEUE, await broker.depth(QUEUE))
    assert left, "everything was finished before the pause: this test has shown nothing"
    assert not [message for message in left if message.redelivered]
    assert done + len(left) == 1000


async def test_a_worker_that_starts_later_and_a_lost_connection_change_nothing(
    database: Database, fleet_settings: Settings, broker: Broker, made: Topology
) -> None:
    await pause(database)
    await broker.send(ping())
    async with working(toy(), fleet_settings, made) as worker:
        await is_paused(worker)
        await eventually(lambda: _is_connected(broker, worker), what="the connection in the management API")
        await broker.kill_connections(worker.name)
        await asyncio.sleep(1)
        assert await broker.depth(QUEUE) == 1
        await resume(database)
        await eventually(lambda: count(database, 1), what="the effect")


async def test_while_the_table_cannot_be_read_what_was_known_last_holds(
    database: Database, fleet_settings: Settings, broker: Broker, made: Topology
) -> None:
    often = msgspec.structs.replace(fleet_settings, pause_poll_seconds=0.1)
    async with working(toy(), often, made) as worker:
        await consumes(worker)
        async with _unreadable(fleet_settings):
            await broker.send(ping())
            await eventually(lambda: count(database, 1), what="the effect")
        await pause(database)
        await is_paused(worker)
        async with _unreadable(fleet_settings):
            await asyncio.sleep(0.5)
            await broker.send(ping())
            await is_paused(worker)
    assert await broker.depth(QUEUE) == 1


async def test_a_worker_that_never_could_read_it_begins_after_a_while(
    database: Database,
    fleet_settings: Settings,
    broker: Broker,
    made: Topology,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gatekeeper, "PATIENCE", 0.5)
    often = msgspec.structs.replace(fleet_settings, pause_poll_seconds=0.1)
    await pause(database)
    await broker.send(ping())
    async with _unreadable(fleet_settings), working(toy(), often, made):
        await eventually(lambda: count(database, 1), what="the effect")


async def test_paused_twice_it_is_paused_since_the_first_time(database: Database) -> None:
    async with database.transaction() as tx:
        first = await pauses.pause(tx, QUEUE, why="a look", caller="somebody")
        again = await pauses.pause(tx, QUEUE, by="ada", caller="somebody else")
        assert (again.by, again.why, again.since) == ("ada", "a look", first.since)
        assert await pauses.paused(tx) == {QUEUE: again}
        await pauses.resume(tx, QUEUE)
        await pauses.resume(tx, QUEUE)
        assert await pauses.paused(tx) == {}


@asynccontextmanager
async def _unreadable(settings: Settings) -> AsyncIterator[None]:
    rename = "ALTER TABLE operations.{} RENAME TO {}"
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute(rename.format("queue_pause", "elsewhere").encode())
        try:
            yield
        finally:
            connection.execute(rename.format("elsewhere", "queue_pause").encode())


async def _listens(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    async with database.transaction() as tx:
        return bool((await tx.execute(text(query))).scalar_one())


async def _is_connected(broker: Broker, worker: Worker) -> bool:
    names = [c.get("client_properties", {}).get("connection_name", "") for c in await broker.connections()]
    return any(worker.name in name for name in names)
