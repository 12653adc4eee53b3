"""The relay: what was committed is sent, whenever it was committed and whoever was killed on the way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest
from sqlalchemy import text

from messages.post import outbox
from messages.post.topology import EVENTS
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.toy import listener, ping, toy, toy_topology
from tests.support.waiting import eventually
from workers.relay.carrier import Carrier
from workers.relay.main import Rules, no_rules, relay
from workers.runtime.broker import Link
from workers.runtime.database import Database
from workers.runtime.lifecycle import Stop
from workers.runtime.parcel import Parcel
from workers.runtime.publisher import Publisher
from workers.runtime.refusals import Refused
from workers.runtime.settings import Settings

TOPOLOGY = toy_topology(toy(), listener())


@pytest.fixture
async def queues(fleet_settings: Settings) -> None:
    await declare(fleet_settings, TOPOLOGY)


@asynccontextmanager
async def relaying(settings: Settings, rules: Rules = no_rules) -> AsyncIterator[None]:
    stop = Stop()
    task = asyncio.create_task(relay(settings, TOPOLOGY.heard, stop, rules))
    try:
        yield
    finally:
        stop.request("the test is over")
        await asyncio.wait_for(task, timeout=30)


async def is_empty(database: Database) -> bool:
    async with database.transaction() as tx:
        left: int = (await tx.execute(text("SELECT count(*) FROM post.outbox"))).scalar_one()
    return left == 0


async def put(database: Database, count: int) -> list[str]:
    envelopes = [ping() for _ in range(count)]
    async with database.transaction() as tx:
        await outbox.put(tx, envelopes)
    return [str(envelope.message_id) for envelope in envelopes]


@pytest.mark.usefixtures("queues")
async def test_what_is_committed_is_sent_once_and_forgotten(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    async with relaying(fleet_settings):
        sent = await put(database, 1200)
        arrived = [message.message_id for message in await broker.take("Toy_Ping", 1200)]
        await eventually(lambda: is_empty(database), what="an empty outbox")
    assert sorted(x for x in arrived if x) == sorted(sent)


@pytest.mark.usefixtures("queues")
async def test_it_is_woken_rather_than_waiting_for_its_next_look(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    async with relaying(msgspec.structs.replace(fleet_settings, relay_poll_seconds=3600)):
        await eventually(lambda: _listens(database), what="a listening relay")
        await put(database, 1)
        await broker.take("Toy_Ping")


@pytest.mark.usefixtures("queues")
async def test_it_looks_by_itself_when_nobody_wakes_it(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    async with relaying(msgspec.structs.replace(fleet_settings, relay_poll_seconds=0.2)):
        await eventually(lambda: _listens(database), what="a listening relay")
        async with database.transaction() as tx:
            silent = {"envelopes": [msgspec.json.encode(ping()).decode()]}
            await tx.execute(
                text("INSERT INTO post.outbox (envelope) SELECT unnest(cast(:envelopes AS json[]))"), silent
            )
        await broker.take("Toy_Ping")


@pytest.mark.usefixtures("queues")
async def test_a_commit_that_comes_late_is_not_skipped(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    early = ping()
    async with relaying(fleet_settings):
        async with database.transaction() as slow:
            await outbox.put(slow, [early])
            await put(database, 10)
            await broker.take("Toy_Ping", 10)
        [late] = await broker.take("Toy_Ping")
    assert late.message_id == str(early.message_id)


@pytest.mark.usefixtures("queues")
async def test_a_lease_of_somebody_killed_is_taken_over(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    [sent] = await put(database, 1)
    async with database.transaction() as tx:
        assert await outbox.lease(tx, limit=10, seconds=1)
    async with database.transaction() as tx:
        assert not await outbox.lease(tx, limit=10, seconds=1)
    async with relaying(fleet_settings):
        [message] = await broker.take("Toy_Ping")
    assert message.message_id == sent


@pytest.mark.usefixtures("queues")
async def test_what_no_queue_takes_stays_with_its_error_until_somebody_is_bound(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    for queue in ("Toy_Ping", "Other_Ping"):
        await broker.unbind(queue, EVENTS, "toy.ping")
    async with relaying(fleet_settings):
        await put(database, 1)
        error = await eventually(lambda: _error(database), what="the error")
        assert "no queue takes 'toy.ping'" in error
        await broker.bind("Toy_Ping", EVENTS, "toy.ping")
        await broker.take("Toy_Ping")
        await eventually(lambda: is_empty(database), what="an empty outbox")


@pytest.mark.usefixtures("queues")
async def test_a_row_that_cannot_be_read_holds_up_nobody(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("""INSERT INTO post.outbox (envelope) VALUES ('{"messageId": "x"}')"""))
    await put(database, 20)
    async with relaying(fleet_settings):
        await broker.take("Toy_Ping", 20)
        assert "no envelope" in await eventually(lambda: _error(database), what="the error")


@pytest.mark.usefixtures("queues")
async def test_a_message_that_the_broker_refuses_holds_up_nobody(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    async with database.transaction() as tx:
        await outbox.put(tx, [msgspec.structs.replace(ping(), type="x" * 300)])
    await put(database, 20)
    async with relaying(fleet_settings):
        await broker.take("Toy_Ping", 20)
        assert "refuses" in await eventually(lambda: _error(database), what="the error")


@pytest.mark.usefixtures("queues")
async def test_several_relays_share_the_work(database: Database, fleet_settings: Settings, broker: Broker) -> None:
    link = Link(fleet_settings.amqp_urls, name="test relay", heartbeat=5)
    publisher = Publisher(link, heard=TOPOLOGY.heard, window=1000)
    carriers = [Carrier(database, publisher, fleet_settings, asyncio.Event()) for _ in range(4)]
    sent = await put(database, 3000)
    while any(await asyncio.gather(*(carrier.carry() for carrier in carriers))):
        pass
    assert await broker.depth("Toy_Ping") == len(sent)
    assert await is_empty(database)
    await link.close()


@pytest.mark.usefixtures("queues")
async def test_what_takes_longer_than_its_lease_is_held_all_the_same(
    database: Database, fleet_settings: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = msgspec.structs.replace(fleet_settings, relay_lease_seconds=0.6)
    link = Link(fleet_settings.amqp_urls, name="test relay", heartbeat=5)
    publisher = Publisher(link, heard=TOPOLOGY.heard, window=1000)
    publish, answer = Publisher.publish, asyncio.Event()

    async def slowly(self: Publisher, parcels: Sequence[Parcel]) -> list[Refused | None]:
        outcomes = await publish(self, parcels)
        await answer.wait()
        return outcomes

    monkeypatch.setattr(Publisher, "publish", slowly)
    sent = await put(database, 20)
    slow = asyncio.create_task(Carrier(database, publisher, hurried, asyncio.Event()).carry())
    await asyncio.sleep(1.5)
    assert await Carrier(database, publisher, hurried, asyncio.Event()).carry() == 0
    answer.set()
    assert await slow == len(sent)
    assert await is_empty(database)
    assert await broker.depth("Toy_Ping") == len(sent)
    await link.close()


async def test_a_lease_that_ran_out_is_not_renewed(database: Database) -> None:
    await put(database, 2)
    async with database.transaction() as tx:
        leased = await outbox.lease(tx, limit=1, seconds=0)
    async with database.transaction() as tx:
        assert await outbox.renew(tx, list(leased), seconds=10) == 0
        held = await outbox.lease(tx, limit=1, seconds=10)
        assert await outbox.renew(tx, list(held), seconds=10) == 1


async def _listens(database: Database) -> bool:
    async with database.transaction() as tx:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        return bool((await tx.execute(text(query))).scalar_one())


async def _error(database: Database) -> str:
    async with database.transaction() as tx:
        found: str | None = (await tx.execute(text("SELECT max(error) FROM post.outbox"))).scalar_one()
    return found or ""
