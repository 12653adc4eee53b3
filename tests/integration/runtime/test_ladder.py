"""The retry ladder and the dead queues in the broker itself, with what brokers were seen to get wrong."""

from collections.abc import AsyncIterator
from itertools import pairwise
from time import monotonic

import pytest

from messages.post.topology import LADDER, WORK
from messages.post.wire import properties
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.toy import Ping, listener, ping, prepare, toy, toy_topology, working
from tests.support.waiting import eventually
from workers.runtime.broker import Link
from workers.runtime.database import Database
from workers.runtime.intake import Intake
from workers.runtime.parcel import Parcel, again
from workers.runtime.publisher import Publisher
from workers.runtime.settings import Settings
from workers.runtime.verdict import Retry


@pytest.fixture
async def publisher(fleet_settings: Settings) -> AsyncIterator[Publisher]:
    await declare(fleet_settings, toy_topology(toy(), listener()))
    link = Link(fleet_settings.amqp_urls, name="test ladder", heartbeat=5)
    publisher = Publisher(link, heard=frozenset({"toy.ping"}), window=50)
    yield publisher
    await link.close()


async def test_the_attempt_is_counted_along_the_ladder_whatever_the_broker_adds(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    attempts: list[float] = []

    def fail(message: Ping) -> None:
        attempts.append(monotonic())
        raise RuntimeError(message.word)

    # Four times the same rung: a broker that believed x-death would take the third round for a cycle, and drop it.
    room = toy(fail, ladder=(LADDER[0],) * 4)
    made = await prepare(database, fleet_settings, room, listener())
    async with working(room, fleet_settings, made):
        await broker.send(sent := ping())
        [letter] = await broker.take("Toy_Ping.dead")
    assert letter.headers["attempt"] == 5
    assert letter.message_id == str(sent.message_id)
    assert all(later - earlier >= 0.7 for earlier, later in pairwise(attempts))
    assert len(attempts) == 5


async def test_a_short_wait_is_not_behind_a_long_one(publisher: Publisher, broker: Broker) -> None:
    slow, quick = ping("slow"), ping("quick")
    for envelope, rung in ((slow, LADDER[1]), (quick, LADDER[0])):
        parcel = Parcel(rung.name, "Toy_Ping", bytes(envelope.body), properties(envelope))
        assert await publisher.publish([parcel]) == [None]
    [first] = await broker.take("Toy_Ping")
    [second] = await broker.take("Toy_Ping")
    assert (first.message_id, second.message_id) == (str(quick.message_id), str(slow.message_id))


async def test_what_failed_at_once_comes_back_one_after_the_other(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    first: dict[str, float] = {}
    waits: dict[str, float] = {}

    def fail(message: Ping) -> None:
        wait = monotonic() - first.setdefault(message.word, monotonic())
        if wait < 2:  # alone as well as in a set
            raise RuntimeError(message.word)
        waits[message.word] = wait

    room = toy(fail, ladder=LADDER[1:2])
    made = await prepare(database, fleet_settings, room, listener())
    async with working(room, fleet_settings, made):
        await broker.send(*(ping(f"word {number}") for number in range(40)))
        await eventually(lambda: len(waits) == 40, what="second attempts")
    waited = sorted(waits.values())
    assert 3.7 <= waited[0] <= waited[-1] <= 6
    assert waited[-1] - waited[0] > 0.6
    assert waited[29] - waited[9] > 0.3, "nor in two heaps"


async def test_a_rung_flows_on_when_a_queue_is_gone(publisher: Publisher, broker: Broker) -> None:
    lost, kept = [ping() for _ in range(40)], ping()
    await broker.delete_queue("Other_Ping")
    parcels = [Parcel(LADDER[0].name, "Other_Ping", bytes(x.body), properties(x)) for x in lost]
    parcels.append(Parcel(LADDER[0].name, "Toy_Ping", bytes(kept.body), properties(kept)))
    assert await publisher.publish(parcels) == [None] * 41
    [arrived] = await broker.take("Toy_Ping")
    assert arrived.message_id == str(kept.message_id)
    assert {x.message_id for x in await broker.take("unrouted.dead", 40)} == {str(x.message_id) for x in lost}


async def test_what_a_retry_carries_has_no_header_of_the_brokers(
    fleet_settings: Settings, publisher: Publisher, broker: Broker
) -> None:
    link = Link(fleet_settings.amqp_urls, name="test intake", heartbeat=5)
    await broker.send(ping(), **{"x-death": [{"queue": "Toy_Ping", "count": 9}], "x-delivery-count": 7, "own": "kept"})
    intake = Intake(await link.channel(), "Toy_Ping", prefetch=10)
    await intake.start()
    [delivery] = await intake.take(1)
    parcel = again(delivery, "Toy_Ping", Retry(LADDER[0], "no"))
    headers = parcel.properties.headers or {}
    assert not [name for name in headers if name.startswith("x-")]
    assert (headers["own"], headers["attempt"]) == ("kept", 2)
    await intake.close()
    await link.close()


async def test_looking_at_a_dead_letter_fifty_times_leaves_it_in_its_place(
    publisher: Publisher, broker: Broker
) -> None:
    letters = [ping() for _ in range(3)]
    parcels = [Parcel("orderfleet.dead", "Toy_Ping", bytes(x.body), properties(x)) for x in letters]
    assert await publisher.publish(parcels) == [None] * 3
    for _ in range(50):
        assert await broker.look("Toy_Ping.dead") == str(letters[0].message_id)
    assert [x.message_id for x in await broker.take("Toy_Ping.dead", 3)] == [str(x.message_id) for x in letters]


async def test_a_changed_policy_loses_nothing_that_waits(
    fleet_settings: Settings, publisher: Publisher, broker: Broker
) -> None:
    envelopes = [ping() for _ in range(50)]
    parcels = [Parcel(LADDER[0].name, "Toy_Ping", bytes(x.body), properties(x)) for x in envelopes]
    assert await publisher.publish(parcels) == [None] * 50
    await broker.delete_policies()
    await declare(fleet_settings, toy_topology(toy(), listener()))
    arrived = await broker.take("Toy_Ping", 50)
    assert {x.message_id for x in arrived} == {str(x.message_id) for x in envelopes}


async def test_a_message_for_a_queue_by_name_goes_there_and_nowhere_else(publisher: Publisher, broker: Broker) -> None:
    sent = ping()
    assert await publisher.publish([Parcel(WORK, "Toy_Ping", bytes(sent.body), properties(sent))]) == [None]
    await broker.take("Toy_Ping")
    assert await broker.depth("Other_Ping") == 0
