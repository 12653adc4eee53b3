"""The way to the outside: the intent is on disk before the call, no transaction is open meanwhile, and it repeats."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.topology import LADDER
from tests.support.broker import Broker
from tests.support.toy import Ping, Pong, count, effects, listener, ping, prepare, working
from tests.support.waiting import eventually
from workers.runtime.batch import Batch, Errand, Outcome, Outside
from workers.runtime.database import Database
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

_EFFECT = text("INSERT INTO effect (order_id, what) SELECT unnest(cast(:ids AS uuid[])), :what")
_OPEN = text("""
    SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'toy@%' AND state LIKE 'idle in transaction%'
""")


class Ask(Errand, frozen=True, kw_only=True):
    word: str


class Answer(Outcome, frozen=True, kw_only=True):
    word: str


@dataclass
class World(Outside):
    """The outside of these tests: counts calls, and does what the word says."""

    database: Database
    calls: list[UUID] = field(default_factory=list)
    reachable: bool = True
    seen_on_disk: list[bool] = field(default_factory=list)
    open_transactions: int = 0

    async def probe(self) -> bool:
        return self.reachable

    async def ask(self, errand: Ask) -> str:
        self.calls.append(errand.subject)
        if not self.reachable:
            raise Outage("the world is away")
        self.seen_on_disk.append(errand.subject in await effects(self.database, "prepared"))
        async with self.database.transaction() as tx:
            idle = (
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'toy@%' AND state LIKE '%in tran%'"
            )
            self.open_transactions += (await tx.execute(text(idle))).scalar_one()
        if errand.word == "never" or (errand.word == "later" and self.calls.count(errand.subject) < 2):
            raise TimeoutError("no answer")
        return "yes"


def errand_room(world: World) -> Room:
    room = Room("Toy", ladder=LADDER[:1])

    @room.provides
    @asynccontextmanager
    async def the_world(_: Settings) -> AsyncIterator[World]:
        yield world

    @room.on
    async def prepare_it(pings: Batch[Ping], tx: AsyncConnection) -> Sequence[Ask]:
        await tx.execute(_EFFECT, {"ids": sorted(pings.subjects), "what": "prepared"})
        return [Ask(subject=ping.order_id, word=ping.word) for ping in pings if ping.word != "nothing"]

    @prepare_it.call
    async def ask(errand: Ask, world: World) -> Answer:
        return Answer(subject=errand.subject, word=await world.ask(errand))

    @ask.settle
    async def settle(answers: Batch[Answer], tx: AsyncConnection) -> Sequence[Pong]:
        await tx.execute(_EFFECT, {"ids": sorted(answers.subjects), "what": "settled"})
        return [Pong(order_id=answer.subject, word=answer.word) for answer in answers]

    @ask.resign
    def give_up(errand: Ask) -> Answer:
        return Answer(subject=errand.subject, word="gave up")

    return room


async def test_the_intent_is_on_disk_and_no_transaction_is_open_when_the_outside_is_called(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    world = World(database)
    room = errand_room(world)
    made = await prepare(database, fleet_settings, room, listener())
    async with working(room, fleet_settings, made):
        await broker.send(*(ping("ok") for _ in range(5)), ping("nothing"))
        await broker.take("Other_Pong", 5)
        await eventually(lambda: count(database, 6, "prepared"))
    assert world.seen_on_disk == [True] * 5
    assert world.open_transactions == 0
    assert await count(database, 5, "settled")


async def test_a_call_that_fails_is_repeated_alone_and_its_neighbours_are_settled(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    world = World(database)
    room = errand_room(world)
    made = await prepare(database, fleet_settings, room, listener())
    await broker.send(*(ping("ok") for _ in range(5)), late := ping("later"))
    async with working(room, fleet_settings, made):
        await broker.take("Other_Pong", 5)
        [reply] = await broker.take("Other_Pong")
    assert reply.correlation_id == str(late.subject)
    assert world.calls.count(late.subject) == 2
    assert len(world.calls) == 7


async def test_a_call_that_fails_to_the_end_of_the_ladder_is_a_business_answer(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    room = errand_room(World(database))
    made = await prepare(database, fleet_settings, room, listener())
    async with working(room, fleet_settings, made):
        await broker.send(ping("never"))
        [reply] = await broker.take("Other_Pong")
    assert b'"word":"gave up"' in reply.body
    assert await broker.depth("Toy_Ping.dead") == 0


async def test_an_outage_of_the_outside_burns_no_attempts(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    world = World(database, reachable=False)
    room = errand_room(world)
    made = await prepare(database, fleet_settings, room, listener())
    async with working(room, fleet_settings, made):
        await broker.send(ping("ok"))
        await eventually(lambda: world.calls, what="the first call")
        world.reachable = True
        [reply] = await broker.take("Other_Pong")
    assert b'"word":"yes"' in reply.body
    assert await broker.depth("retry.1s") == 0
