"""A node that comes back may route to nobody what has a queue: that is sent on, and no operator has to."""

import functools

import pytest
from sqlalchemy import text

from messages.post.topology import UNROUTED_QUEUE, WORK, dead_queue
from messages.post.wire import properties
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.burying import bury, collecting, kept
from tests.support.toy import ping, toy, toy_topology
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import Settings

QUEUE = "Toy_Ping"
DEAD_QUEUE = dead_queue(QUEUE)


@pytest.fixture(autouse=True)
async def declared(fleet_settings: Settings) -> None:
    await declare(fleet_settings, toy_topology(toy()))


async def test_what_left_a_rung_before_the_routes_were_there_reaches_its_queue(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    await broker.unbind(QUEUE, WORK, QUEUE)
    sent = ping()
    again = properties(sent, {"attempt": 3, "first-failed-at": "2026-01-31T12:00:00.000+00:00"})
    await broker.send_raw(bytes(sent.body), again, exchange="retry.1s", key=QUEUE)
    async with collecting(fleet_settings, DEAD_QUEUE, UNROUTED_QUEUE):
        [came] = await broker.take(QUEUE)
        await eventually(functools.partial(is_empty, broker), what="nothing without a queue")
    assert (came.message_id, came.type, came.body) == (str(sent.message_id), sent.type, bytes(sent.body))
    assert came.headers["attempt"] == 3
    assert came.headers["first-failed-at"] == "2026-01-31T12:00:00.000+00:00"
    assert not [name for name in came.headers if "death" in name], "brokers believe what they are told"
    async with database.transaction() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM operations.dead_letter"))).scalar_one() == 0


async def test_what_was_meant_for_a_queue_that_is_gone_is_kept(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    await broker.delete_queue(QUEUE)
    sent = ping()
    await broker.send_raw(bytes(sent.body), properties(sent), exchange="retry.1s", key=QUEUE)
    async with collecting(fleet_settings, DEAD_QUEUE, UNROUTED_QUEUE):
        [letter] = await kept(database, 1)
    assert (letter.message_id, letter.queue, letter.reason) == (sent.message_id, QUEUE, "unrouted")


async def test_what_was_given_up_is_not_sent_on_because_its_dead_queue_is_gone(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    await broker.delete_queue(DEAD_QUEUE)
    await bury(broker, QUEUE, sent := ping())
    async with collecting(fleet_settings, UNROUTED_QUEUE, of_all=[DEAD_QUEUE, UNROUTED_QUEUE]):
        [letter] = await kept(database, 1)
    assert (letter.message_id, letter.queue, letter.reason) == (sent.message_id, QUEUE, "exhausted")
    assert await broker.depth(QUEUE) == 0


async def is_empty(broker: Broker) -> bool:
    return int((await broker.queue(UNROUTED_QUEUE)).get("messages", 1)) == 0
