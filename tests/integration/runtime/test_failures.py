"""What failed is safe with the broker first, and then written down for its order's timeline."""

import functools
from uuid import UUID

import pytest
from pamqp.commands import Basic
from sqlalchemy import text

from messages.post import failures
from messages.post.failures import Failure
from messages.post.topology import EVENTS, LADDER
from tests.support.broker import Broker
from tests.support.toy import Ping, count, listener, ping, prepare, toy, working
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import Settings

QUEUE = "Toy_Ping"


class Unlucky(Exception):  # noqa: N818 - a name to be found in a timeline
    pass


def fail(message: Ping) -> None:
    if message.word == "bad":
        raise Unlucky("not today")


async def told(database: Database, subject: UUID, wanted: int) -> list[Failure]:
    """Return what is written down of a subject, once there is so much of it."""
    async with database.transaction() as tx:
        found = await failures.about(tx, [subject])
    return found if len(found) == wanted else []


async def test_every_attempt_that_failed_is_written_down(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    room = toy(fail, ladder=LADDER[:1])
    made = await prepare(database, fleet_settings, room, listener())
    bad, good = ping("bad"), ping("good")
    async with working(room, fleet_settings, made):
        await broker.send(bad, good)
        retried, dead = await eventually(functools.partial(told, database, bad.subject, 2), what="two failures")
    assert (retried.consumer, retried.type, retried.message_id) == (QUEUE, "toy.ping", bad.message_id)
    assert (retried.attempt, retried.rung, retried.reason) == (1, "retry.1s", None)
    assert (dead.attempt, dead.rung, dead.reason) == (2, None, "exhausted")
    assert {retried.error, dead.error} == {"Unlucky: not today"}
    assert retried.at is not None
    assert dead.at is not None
    assert retried.at < dead.at
    assert await told(database, good.subject, 0) == []


@pytest.mark.parametrize("subject", ["", "neither"])
async def test_what_is_about_nobody_is_in_nobodys_timeline(
    database: Database, fleet_settings: Settings, broker: Broker, subject: str
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    props = Basic.Properties(message_type="toy.ping", message_id="7", correlation_id=subject)
    await broker.send_raw(b"{", props, exchange=EVENTS, key="toy.ping")
    async with working(toy(), fleet_settings, made):
        await broker.take(f"{QUEUE}.dead")
    async with database.transaction() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM post.failure"))).scalar_one() == 0


async def test_a_timeline_that_cannot_be_written_loses_no_message(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    room = toy(fail, ladder=())
    made = await prepare(database, fleet_settings, room, listener())
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE post.failure RENAME TO elsewhere"))
    bad, good = ping("bad"), ping("good")
    async with working(room, fleet_settings, made):
        await broker.send(bad, good)
        [letter] = await broker.take(f"{QUEUE}.dead")
        await eventually(lambda: count(database, 1), what="the effect of the good one")
        await eventually(functools.partial(empty, broker), what="an empty queue")
    assert letter.message_id == str(bad.message_id)


async def empty(broker: Broker) -> bool:
    return await broker.depth(QUEUE) == 0
