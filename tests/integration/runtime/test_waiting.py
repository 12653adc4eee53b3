"""Whatever a worker waits for, it says so: to whoever asks it, and to the fleet."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.topology import LADDER
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.burying import away
from tests.support.toy import Ping, Pong, count, listener, ping, prepare, toy, waiting_for, working
from tests.support.waiting import eventually
from workers.notification.postman import Postman
from workers.payment.provider import Provider
from workers.runtime import processes
from workers.runtime.batch import Batch, Errand, Outcome, Outside
from workers.runtime.database import Database
from workers.runtime.health import serving
from workers.runtime.presence import Presence
from workers.runtime.processes import Seen
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.usage import Usage
from workers.runtime.verdict import Outage

QUEUE = "Toy_Ping"


class Ask(Errand, frozen=True, kw_only=True):
    pass


class Answer(Outcome, frozen=True, kw_only=True):
    pass


class Oracle(Outside):
    """Somebody to ask, who may be away."""

    called = "oracle"

    def __init__(self) -> None:
        self.is_away = True

    async def probe(self) -> bool:
        return not self.is_away

    async def ask(self) -> None:
        if self.is_away:
            raise Outage("nobody answers")


def room_that_asks(oracle: Oracle) -> Room:
    room = Room("Toy", ladder=LADDER[:1])

    @room.provides
    @asynccontextmanager
    async def the_oracle(_: Settings) -> AsyncIterator[Oracle]:
        yield oracle

    @room.on
    async def take(pings: Batch[Ping], tx: AsyncConnection) -> Sequence[Ask]:
        return [Ask(subject=ping.order_id) for ping in pings]

    @take.call
    async def ask(errand: Ask, oracle: Oracle) -> Answer:
        await oracle.ask()
        return Answer(subject=errand.subject)

    @ask.settle
    async def settle(answers: Batch[Answer], tx: AsyncConnection) -> Sequence[Pong]:
        return [Pong(order_id=answer.subject) for answer in answers]

    return room


async def present(database: Database) -> list[Seen]:
    async with database.transaction() as tx:
        return await processes.present(tx)


def quick(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, presence_seconds=0.1, pause_poll_seconds=0.5)


async def test_a_queue_that_waits_for_the_outside_says_so_burns_no_attempt_and_goes_on_by_itself(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    oracle = Oracle()
    room = room_that_asks(oracle)
    made = await prepare(database, fleet_settings, room, listener())
    async with working(room, quick(fleet_settings), made):
        await broker.send(*(ping() for _ in range(20)))

        async def told() -> bool:
            waits = [seen.process.waiting.get(QUEUE) for seen in await present(database)]
            return [(wait.what, wait.error) for wait in waits if wait] == [("oracle", "Outage: nobody answers")]

        await eventually(told, what="the fleet to know")
        assert await broker.depth("retry.1s") == 0
        oracle.is_away = False
        answers = await broker.take("Other_Pong", 20)
        assert {answer.headers["attempt"] for answer in answers} == {1}
        await eventually(lambda: _nothing_waits(database), what="the fleet to know that it is over")
    assert await present(database) == []


async def test_a_queue_that_waits_for_its_database_says_so_to_who_asks_the_worker(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    async with working(toy(), fleet_settings, made) as working_one:
        await eventually(lambda: any(each.is_consuming for each in working_one.consumers), what="the consumer")
        async with away(database, fleet_settings.database_url):
            await broker.send(ping())
            waiting = await waiting_for(working_one)
            assert waiting.what == "database"
            assert waiting.error
            async with serving(Settings(), {}, working_one.waits) as server, httpx.AsyncClient() as http:
                answer = (await http.get(f"http://127.0.0.1:{server.port}/health/ready")).json()
            assert answer["waiting"][QUEUE]["what"] == "database"
        await eventually(lambda: count(database, 1), what="the effect")
        await eventually(lambda: working_one.waits() == {}, what="an end of the wait")


async def test_a_timer_that_waits_for_the_outside_says_so(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    oracle, room = Oracle(), Room("Toy")

    @room.provides
    @asynccontextmanager
    async def the_oracle(_: Settings) -> AsyncIterator[Oracle]:
        yield oracle

    @room.every(0.05)
    async def look(tx: AsyncConnection, limit: int) -> Sequence[Ask]:
        return [Ask(subject=uuid4())]

    @look.call
    async def ask(errand: Ask, oracle: Oracle) -> Answer:
        await oracle.ask()
        return Answer(subject=errand.subject)

    @ask.settle
    async def settle(answers: Batch[Answer], tx: AsyncConnection) -> None:
        pass

    made = await prepare(database, fleet_settings, room, listener())
    async with working(room, fleet_settings, made) as worker:
        assert (await waiting_for(worker, "look")).what == "oracle"
        oracle.is_away = False
        await eventually(lambda: not worker.waits(), what="the timer")


def test_operators_know_the_outsides_by_their_names() -> None:
    assert {Provider.called, Postman.called} == {"provider", "mail server"}


async def test_without_a_broker_and_without_its_queue_a_consumer_says_which(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    await broker.delete_queue(QUEUE)
    async with working(toy(), fleet_settings, made) as working_one:
        waiting = await waiting_for(working_one)
        assert waiting.what == "queue"
        assert "no queue 'Toy_Ping'" in str(waiting.error)
        await declare(fleet_settings, made)
        await eventually(lambda: not working_one.waits(), what="the consumer")
    nowhere = msgspec.structs.replace(fleet_settings, amqp_url="amqp://127.0.0.1:1/")
    async with working(toy(), nowhere, made) as working_one:
        waiting = await waiting_for(working_one)
        assert waiting.what == "broker"
        assert str(waiting.error).startswith("127.0.0.1:1: ")


async def test_a_process_that_cannot_say_that_it_lives_goes_on_and_says_it_later(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE operations.process RENAME TO elsewhere"))
    async with working(toy(), quick(fleet_settings), made):
        await broker.send(ping())
        await eventually(lambda: count(database, 1), what="the effect")
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE operations.elsewhere RENAME TO process"))
        [seen] = await eventually(lambda: present(database), what="the process")
        assert seen.process.room == "toy"


async def test_a_process_says_how_it_is(database: Database) -> None:
    presence = Presence(database.transaction, "stock", every=1)
    await presence.announce()
    await presence.announce()
    [seen] = await present(database)
    assert 10 * 2**20 < seen.process.memory < 2**32
    assert 0 <= seen.process.busy < 10
    assert seen.silent_seconds < 5
    await presence.leave()
    assert await present(database) == []


def test_being_busy_is_counted_from_when_it_was_asked_before() -> None:
    usage = Usage()
    for _ in range(200_000):
        uuid4()
    assert usage.busy() > 0.01
    time.sleep(0.2)
    assert usage.busy() < 0.5


async def _nothing_waits(database: Database) -> bool:
    return not any(seen.process.waiting for seen in await present(database))
