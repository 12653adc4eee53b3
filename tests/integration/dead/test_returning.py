"""What is sent again and comes back is a letter once more, however often: nothing that died is ever only gone."""

import functools

import pytest

from messages.post import outbox
from messages.post.topology import UNROUTED_QUEUE, WORK
from messages.post.wire import properties
from ops.dead.desk import Desk
from ops.dead.offices import Offices, opened
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.burying import collecting, kept
from tests.support.toy import ping, toy, toy_topology
from tests.support.waiting import eventually
from workers.dead.store import Signed
from workers.runtime.database import Database
from workers.runtime.parcel import event
from workers.runtime.settings import Settings

GONE = "Gone_Ping"
ROUNDS = 3


@pytest.fixture(autouse=True)
async def declared(fleet_settings: Settings) -> None:
    await declare(fleet_settings, toy_topology(toy()))


async def relay(database: Database, broker: Broker) -> None:
    """Send what the outbox holds, as the relay does."""
    async with database.transaction() as tx:
        leased = await outbox.lease(tx, limit=10, seconds=60)
        await outbox.delete(tx, list(leased))
    for envelope in leased.values():
        assert not isinstance(envelope, Exception)
        parcel = event(envelope, mandatory=True)
        await broker.send_raw(parcel.body, parcel.properties, exchange=parcel.exchange, key=parcel.key)


async def replay(offices: Offices, database: Database) -> None:
    [letter] = await kept(database, 1)
    [result] = (await Desk(offices).send([letter.id], Signed(by="ada"))).results
    assert result.outcome == "replayed"


async def test_what_nobody_takes_comes_back_every_time(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    sent = ping()
    await broker.send_raw(bytes(sent.body), properties(sent), exchange=WORK, key=GONE)
    async with collecting(fleet_settings, UNROUTED_QUEUE), opened(fleet_settings) as offices:
        for round_ in range(ROUNDS):
            await replay(offices, database)
            await relay(database, broker)
            await eventually(functools.partial(came_back, database, round_ + 2), what="the letter")
    [left] = await kept(database, 1)
    assert (left.message_id, left.queue, left.reason) == (sent.message_id, GONE, "unrouted")


async def came_back(database: Database, letters: int) -> bool:
    return len(await kept(database, letters, status=None)) == letters
