"""From the dead queues into the table: every letter once, whatever it is, and nothing taken off before it is there."""

import asyncio
import functools
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest
from sqlalchemy import text

from messages.post.topology import DEAD, dead_queue
from messages.post.wire import properties
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.burying import away, bury, collecting, kept
from tests.support.processes import fleet
from tests.support.toy import listener, ping, toy, toy_topology
from tests.support.waiting import eventually
from workers.dead.main import run
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.worker import UnknownQueueError

QUEUE = "Toy_Ping"
DEAD_QUEUE = dead_queue(QUEUE)


@pytest.fixture(autouse=True)
async def declared(fleet_settings: Settings) -> None:
    await declare(fleet_settings, toy_topology(toy(), listener()))


async def holds(broker: Broker, count: int, queue: str = DEAD_QUEUE) -> bool:
    """Tell whether a queue has so many messages, delivered or not."""
    return bool((await broker.queue(queue)).get("messages") == count)


async def waits(broker: Broker, count: int, queue: str = DEAD_QUEUE) -> bool:
    """Tell whether so many messages of a queue are delivered to nobody."""
    return await broker.depth(queue) == count


async def test_a_letter_that_comes_twice_is_one_row(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    await bury(broker, QUEUE, sent := ping())
    await bury(broker, QUEUE, sent, **{"x-delivery-count": 3})
    await bury(broker, QUEUE, sent, **{"last-failed-at": "2026-01-31T13:00:00.000+00:00"})
    async with collecting(fleet_settings, DEAD_QUEUE):
        await kept(database, 2)
        await eventually(functools.partial(waits, broker, 0), what="an empty dead queue")
    assert len(await kept(database, 2)) == 2, "one that differs in when it died is another letter"


async def test_killed_between_commit_and_acknowledgement_every_letter_has_one_row(
    database: Database, fleet_settings: Settings, broker: Broker, tmp_path: Path
) -> None:
    async with fleet(fleet_settings, tmp_path) as processes:
        for _ in range(30):
            await bury(broker, "Stock_OrderCreated", ping())
        await processes.crash("dead", "keep-ack")
        await eventually(functools.partial(waits, broker, 30, "Stock_OrderCreated.dead"), what="all given back")
        assert await count(database) > 0, "it was killed before the commit: this test has shown nothing"
        await processes.start("dead")
        await eventually(functools.partial(waits, broker, 0, "Stock_OrderCreated.dead"), what="an empty dead queue")
        assert await processes.stop("dead") == {"dead": 0}
    assert await broker.depth("Stock_OrderCreated.dead") == 0
    assert len(await kept(database, 30)) == 30


async def test_a_queue_that_holds_no_dead_letters_is_refused(settings: Settings) -> None:
    with pytest.raises(UnknownQueueError, match=r"there is no dead queue Toy_Ping; there are Toy_Ping\.dead"):
        run(settings, dead=[DEAD_QUEUE], queues=[QUEUE])


async def test_while_the_room_is_stopped_letters_stay_in_their_queue_in_their_place(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    first = ping()
    async with collecting(fleet_settings, DEAD_QUEUE):
        pass
    await bury(broker, QUEUE, first)
    await bury(broker, QUEUE, ping())
    for _ in range(50):
        assert await broker.look(DEAD_QUEUE) == str(first.message_id)
    await eventually(functools.partial(waits, broker, 2), what="both given back")
    async with collecting(fleet_settings, DEAD_QUEUE):
        letters = await kept(database, 2)
    assert letters[0].message_id == first.message_id


async def test_during_an_outage_of_the_database_letters_wait_with_the_broker(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    async with collecting(fleet_settings, DEAD_QUEUE) as worker:
        async with away(database, fleet_settings.database_url):
            await bury(broker, QUEUE, ping())
            await eventually(functools.partial(holds, broker, 1), what="the letter with the broker")
            assert all(consumer.is_well for consumer in worker.consumers)
        await kept(database, 1)
    assert await broker.depth(DEAD_QUEUE) == 0


async def test_a_letter_that_cannot_be_written_stays_and_stops_nobody(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE operations.dead_letter ADD CHECK (type <> 'toy.cursed')"))
    cursed = ping()
    props = properties(cursed)
    props.message_type = "toy.cursed"
    await broker.send_raw(b"{}", props, exchange=DEAD, key=QUEUE)
    for _ in range(10):
        await bury(broker, QUEUE, ping())
    async with collecting(fleet_settings, DEAD_QUEUE):
        await kept(database, 10)
    [left] = await broker.take(DEAD_QUEUE)
    assert left.message_id == str(cursed.message_id)


async def test_ten_thousand_letters_take_seconds(database: Database, fleet_settings: Settings, broker: Broker) -> None:
    order = uuid4()
    for _ in range(10):
        await asyncio.gather(*(bury(broker, QUEUE, ping(order_id=order)) for _ in range(1000)))
    begun = monotonic()
    async with collecting(fleet_settings, DEAD_QUEUE):
        await eventually(functools.partial(all_kept, database, 10_000), what="10,000 rows", seconds=30)
        took = monotonic() - begun
    print(f"10,000 letters in {took:.1f} s")  # noqa: T201 - shown when the test fails
    assert took < 20
    assert await broker.depth(DEAD_QUEUE) == 0


async def count(database: Database) -> int:
    async with database.transaction() as tx:
        found: int = (await tx.execute(text("SELECT count(*) FROM operations.dead_letter"))).scalar_one()
    return found


async def all_kept(database: Database, wanted: int) -> bool:
    return await count(database) == wanted
