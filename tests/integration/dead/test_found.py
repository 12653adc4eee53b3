"""Whatever is in a dead queue, its row says what is known of it."""

import functools
from datetime import UTC, datetime

import pytest
from pamqp.commands import Basic

from messages.post.topology import DEAD, WORK, dead_queue
from messages.post.wire import properties
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.burying import TELLING, bury, collecting, kept
from tests.support.toy import Ping, listener, ping, prepare, toy, toy_topology, working
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import Settings

QUEUE = "Toy_Ping"
DEAD_QUEUE = dead_queue(QUEUE)


@pytest.fixture(autouse=True)
async def declared(fleet_settings: Settings) -> None:
    await declare(fleet_settings, toy_topology(toy(), listener()))


async def waits(broker: Broker, count: int, queue: str = DEAD_QUEUE) -> bool:
    """Tell whether so many messages of a queue are delivered to nobody."""
    return await broker.depth(queue) == count


async def test_a_message_that_a_worker_gave_up_is_kept_with_what_it_said(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    def fail(message: Ping) -> None:
        raise ValueError(f"no luck with {message.order_id}")

    room = toy(fail, ladder=())
    made = await prepare(database, fleet_settings, room)
    async with working(room, fleet_settings, made) as worker, collecting(fleet_settings, DEAD_QUEUE):
        await broker.send(sent := ping("hello"))
        [letter] = await kept(database, 1)
        name = worker.name
    assert (letter.queue, letter.found_in, letter.type) == (QUEUE, DEAD_QUEUE, "toy.ping")
    assert (letter.message_id, letter.subject, letter.body) == (sent.message_id, sent.subject, bytes(sent.body))
    assert (letter.reason, letter.exception, letter.attempts) == ("exhausted", "ValueError", 1)
    assert letter.error == f"ValueError: no luck with {sent.subject}"
    assert letter.pattern == "ValueError: no luck with #"
    assert (letter.worker, letter.host) == (name, name.partition("@")[2].rpartition(":")[0])
    assert letter.frames[0].startswith("tests/integration/dead/test_found.py:")
    assert letter.frames[0].endswith(" fail")
    assert len(letter.frames) <= 4
    assert letter.first_failed_at <= letter.last_failed_at <= datetime.now(UTC)
    assert await waits(broker, 0)


async def test_what_a_worker_said_is_read_as_it_was_said(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    await bury(broker, QUEUE, sent := ping())
    async with collecting(fleet_settings, DEAD_QUEUE):
        [letter] = await kept(database, 1)
    assert (letter.attempts, letter.worker, letter.host) == (6, TELLING["worker"], "here")
    assert letter.first_failed_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert (letter.last_failed_at - letter.first_failed_at).total_seconds() == 756
    assert letter.sent_at == sent.sent_at.replace(microsecond=0)
    assert letter.properties["headers"]["error"] == "ValueError: no"


async def test_what_the_broker_rejected_or_gave_up_is_kept_with_its_reason(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    rejected, crashing = ping("rejected"), ping("crashing")
    await broker.send(rejected)
    await broker.refuse(QUEUE, requeue=False)
    await broker.send(crashing)
    for _ in range(51):
        await broker.refuse(QUEUE, requeue=True)
    async with collecting(fleet_settings, DEAD_QUEUE):
        letters = {letter.message_id: letter for letter in await kept(database, 2)}
    assert letters[rejected.message_id].reason == "rejected"
    assert letters[crashing.message_id].reason == "delivery_limit"
    assert letters[crashing.message_id].error == f"the broker took it off {QUEUE}: delivery_limit"
    assert {letter.worker for letter in letters.values()} == {None}
    assert {letter.attempts for letter in letters.values()} == {1}


async def test_what_was_for_a_queue_that_is_gone_says_which(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    sent = ping()
    await broker.send_raw(bytes(sent.body), properties(sent), exchange=WORK, key="Gone_Ping")
    await bury(broker, "Lost_Ping", ping())
    async with collecting(fleet_settings, "unrouted.dead"):
        letters = {letter.queue: letter for letter in await kept(database, 2)}
    assert (letters["Gone_Ping"].reason, letters["Gone_Ping"].error) == ("unrouted", "no queue takes 'Gone_Ping'")
    assert (letters["Lost_Ping"].reason, letters["Lost_Ping"].error) == ("exhausted", "ValueError: no")


@pytest.mark.parametrize(
    ("body", "props"),
    [
        (b"\x00\xff no JSON", Basic.Properties()),
        (b"", Basic.Properties(message_id="7", correlation_id="no uuid", message_type="\0")),
        (b"[" * 5000, Basic.Properties(headers={"reason": bytearray(b"\xff\x00"), "error": "a\0b", "attempt": -1})),
        (b"{}", Basic.Properties(headers={"x-death": [{"queue": QUEUE}], "first-failed-at": "yesterday"})),
        (b"{}", Basic.Properties(headers={"x-death": "soon", "n": 2**62, "f": 1.5, "t": datetime.now(UTC)})),
        (b"x" * 300_000, Basic.Properties(headers={"error": "e" * 100_000, "nested": {"a": [{"b": [None]}]}})),
    ],
)
async def test_what_nobody_can_read_is_kept_as_it_is(
    database: Database, fleet_settings: Settings, broker: Broker, body: bytes, props: Basic.Properties
) -> None:
    await broker.send_raw(body, props, exchange=DEAD, key=QUEUE)
    async with collecting(fleet_settings, DEAD_QUEUE):
        [letter] = await kept(database, 1)
    await eventually(functools.partial(waits, broker, 0), what="an empty dead queue")
    assert letter.body == body
    assert letter.subject is None
    assert letter.reason
