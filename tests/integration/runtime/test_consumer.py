"""A consumer keeps consuming: through lost connections, an outage of its database, and up to its own orderly end."""

import asyncio
from collections import Counter

import msgspec
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from ops.topology import declare
from tests.support.broker import Broker
from tests.support.toy import Ping, count, effects, listener, ping, prepare, toy, toy_topology, working
from tests.support.waiting import eventually
from workers.runtime.consumer import Consumer
from workers.runtime.database import Database
from workers.runtime.lifecycle import EXIT_PART_ENDED, EXIT_WATCHDOG, Stop, watch
from workers.runtime.settings import Settings
from workers.runtime.worker import UnknownQueueError, Worker, run

QUEUE = "Toy_Ping"


async def test_after_a_lost_connection_everything_is_consumed_again_and_has_one_effect(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    sent = [ping() for _ in range(500)]
    async with working(toy(), fleet_settings, made) as worker:
        await eventually(lambda: _sees(broker, worker), what="the connections in the management API")
        sending = asyncio.create_task(broker.send(*sent))
        await eventually(lambda: effects(database), what="the first effect")
        assert await broker.kill_connections(worker.name) == 2
        await sending
        await eventually(lambda: count(database, 500), what="500 effects")
        await eventually(lambda: all(consumer.is_consuming for consumer in worker.consumers), what="the consumer")
        await eventually(lambda: _is_empty(broker), what="everything acknowledged")
    assert sorted(await effects(database)) == sorted(envelope.subject for envelope in sent)


async def test_stale_deliveries_are_dropped_before_they_are_worked_on(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    handled: Counter[str] = Counter()

    def note(message: Ping) -> None:
        handled[message.word] += 1

    room = toy(note)
    settings = _small_batches(fleet_settings)
    made = await prepare(database, settings, room, listener())
    await broker.send(*(ping(str(i)) for i in range(50)))
    async with working(room, settings, made) as worker:
        # The first batch waits for this lock, with the rest of the prefetched messages in the buffer behind it.
        async with database.transaction() as tx:
            await tx.execute(text("LOCK TABLE effect"))
            await eventually(lambda: _sees(broker, worker), what="the connections in the management API")
            await eventually(lambda: _unacked(broker), what="a full buffer")
            consumed = worker.consumers[0]
            await broker.kill_connections(f"{worker.name} consume")
            await eventually(lambda: not consumed.is_consuming, what="the loss to be noticed")
        await eventually(lambda: count(database, 50), what="50 effects")
    repeated = {word: times for word, times in handled.items() if times > 1}
    assert len(repeated) <= settings.batch_size, repeated


async def test_an_outage_of_the_database_burns_no_attempts(
    database: Database, database_url: str, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    async with working(toy(), fleet_settings, made):
        await broker.send(ping())
        await eventually(lambda: count(database, 1), what="the first effect")
        await database.close()
        _allow_connections(database_url, allowed=False)
        await broker.send(*(ping() for _ in range(20)))
        await eventually(lambda: _unacked(broker), what="messages held")
        assert await broker.depth("retry.1s") == 0
        _allow_connections(database_url, allowed=True)
        await eventually(lambda: count(database, 21), what="all effects")
        [first, *_] = await broker.take("Other_Pong", 21)
        assert first.headers["attempt"] == 1
    assert await broker.depth("retry.1s") == 0
    assert await broker.depth(f"{QUEUE}.dead") == 0


async def test_an_orderly_stop_finishes_what_it_took_and_gives_nothing_back(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    await broker.send(*(ping() for _ in range(1000)))
    settings = _small_batches(fleet_settings)
    async with working(toy(), settings, made):
        await eventually(lambda: effects(database), what="the first effect")
    left = await broker.take(QUEUE, await broker.depth(QUEUE))
    assert not [message for message in left if message.redelivered]
    done = await effects(database)
    assert len(done) + len(left) == 1000
    assert len(await broker.take("Other_Pong", len(done))) == len(done)


async def test_a_queue_that_is_missing_is_waited_for(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    await broker.delete_queue(QUEUE)
    async with working(toy(), fleet_settings, made) as worker:
        await asyncio.wait_for(worker.publisher.publish([]), timeout=5)
        assert not worker.consumers[0].is_consuming
        await declare(fleet_settings, made)
        await eventually(lambda: worker.consumers[0].is_consuming, what="the consumer")
        await broker.delete_queue(QUEUE)
        await eventually(lambda: not worker.consumers[0].is_consuming, what="the loss to be noticed")
        await declare(fleet_settings, made)
        await eventually(lambda: worker.consumers[0].is_consuming, what="the consumer again")


async def test_a_broker_that_does_not_come_back_ends_the_process() -> None:
    room = toy()
    settings = Settings(amqp_url="amqp://127.0.0.1:1/", watchdog_seconds=0.4, drain_seconds=1)
    stop = Stop()
    await asyncio.wait_for(Worker(room, settings, heard=frozenset()).work(stop), timeout=20)
    assert (stop.code, stop.reason) == (EXIT_WATCHDOG, "watchdog")


async def test_a_part_that_ends_by_itself_ends_the_process(
    fleet_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_: Consumer) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(Consumer, "run", run)
    stop = Stop()
    await asyncio.wait_for(Worker(toy(), fleet_settings, heard=frozenset()).work(stop), timeout=20)
    assert (stop.code, stop.reason) == (EXIT_PART_ENDED, "a part ended")


async def test_the_watchdog_leaves_a_working_process_alone(fleet_settings: Settings, broker: Broker) -> None:
    room = toy()
    made = toy_topology(toy(), listener())
    await declare(fleet_settings, made)
    async with working(room, fleet_settings, made) as worker:
        await eventually(lambda: worker.publishing.down_since is None and worker.consumers[0].is_consuming)
        stop = Stop()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch(worker._checks(), stop, patience=0.3), timeout=1)
        assert not stop.is_set()


def test_a_worker_for_a_queue_that_its_room_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownQueueError, match="Toy has no queue Toy_Pang; it has Toy_Ping"):
        run(toy(), Settings(), heard=frozenset(), queues=["Toy_Pang"])


def _small_batches(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, batch_size=10, prefetch=100)


async def _sees(broker: Broker, worker: Worker) -> bool:
    names = [c.get("client_properties", {}).get("connection_name", "") for c in await broker.connections()]
    return sum(worker.name in name for name in names) == 2


async def _unacked(broker: Broker) -> bool:
    return int((await broker.queue(QUEUE)).get("messages_unacknowledged", 0)) > 0


async def _is_empty(broker: Broker) -> bool:
    found = await broker.queue(QUEUE)
    return found.get("messages") == 0


def _allow_connections(url: str, *, allowed: bool) -> None:
    base, name = url.rsplit("/", 1)
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(name), sql.Literal(allowed))
        )
        if not allowed:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
