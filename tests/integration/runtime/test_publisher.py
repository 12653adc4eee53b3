"""Publishing counts what was sent, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiormq import Channel
from aiormq.exceptions import DeliveryError
from pamqp.commands import Basic

from messages.post.envelope import Envelope
from messages.post.topology import EVENTS, WORK
from messages.post.wire import properties
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.servers import freeze, private_rabbitmq, thaw
from tests.support.toy import listener, ping, toy, toy_topology
from tests.support.waiting import eventually
from workers.runtime import salvo
from workers.runtime.broker import Link
from workers.runtime.parcel import Parcel
from workers.runtime.publisher import Publisher
from workers.runtime.refusals import Refused, Unroutable
from workers.runtime.settings import Settings

HEARD = frozenset({"toy.ping"})


@pytest.fixture
async def publisher(fleet_settings: Settings) -> AsyncIterator[Publisher]:
    await declare(fleet_settings, toy_topology(toy(), listener()))
    link = Link(fleet_settings.amqp_urls, name="test publisher", heartbeat=5)
    publisher = Publisher(link, heard=HEARD, window=50)
    yield publisher
    await link.close()


def nowhere(envelope: Envelope) -> Parcel:
    return Parcel(WORK, "Nobody_Here", bytes(envelope.body), properties(envelope))


async def test_a_set_larger_than_the_window_is_confirmed_whole(publisher: Publisher, broker: Broker) -> None:
    outcomes = await publisher.publish([publisher.event(ping()) for _ in range(300)])
    assert outcomes == [None] * 300
    assert await broker.depth("Toy_Ping") == 300


async def test_what_no_queue_takes_is_told_apart_from_its_neighbours(publisher: Publisher, broker: Broker) -> None:
    await broker.unbind("Toy_Ping", EVENTS, "toy.ping")
    await broker.unbind("Other_Ping", EVENTS, "toy.ping")
    lost, kept = ping(), ping()
    kept_parcel = Parcel(WORK, "Toy_Ping", bytes(kept.body), properties(kept))
    [first, second] = await publisher.publish([publisher.event(lost), kept_parcel])
    assert isinstance(first, Unroutable)
    assert second is None


async def test_two_publishes_with_one_id_are_not_confused(publisher: Publisher, broker: Broker) -> None:
    await broker.unbind("Toy_Ping", EVENTS, "toy.ping")
    await broker.unbind("Other_Ping", EVENTS, "toy.ping")
    same = ping()
    there = Parcel(WORK, "Toy_Ping", bytes(same.body), properties(same))
    for _ in range(20):
        outcomes = await publisher.publish([publisher.event(same), there, publisher.event(same), there])
        assert [isinstance(outcome, Unroutable) for outcome in outcomes] == [True, False, True, False]
    assert await broker.depth("Toy_Ping") == 40


async def test_what_nobody_need_hear_may_reach_no_queue(fleet_settings: Settings, broker: Broker) -> None:
    await declare(fleet_settings, toy_topology(toy()))
    link = Link(fleet_settings.amqp_urls, name="test publisher", heartbeat=5)
    publisher = Publisher(link, heard=frozenset(), window=50)
    await broker.unbind("Toy_Ping", EVENTS, "toy.ping")
    assert await publisher.publish([publisher.event(ping())]) == [None]
    await link.close()


async def test_a_missing_exchange_loses_nothing_else_in_flight(publisher: Publisher, broker: Broker) -> None:
    good = [publisher.event(ping()) for _ in range(30)]
    lost = ping()
    bad = Parcel("no.such.exchange", "x", bytes(lost.body), properties(lost))
    outcomes = await asyncio.wait_for(publisher.publish([*good[:15], bad, *good[15:]]), timeout=30)
    assert [outcome for outcome in outcomes if outcome is None] == [None] * 30
    assert isinstance(outcomes[15], Refused)
    assert "no.such.exchange" in str(outcomes[15])
    wanted = {parcel.message_id for parcel in good}
    while wanted:  # what was unknown may have arrived twice
        wanted -= {str(message.message_id) for message in await broker.take("Toy_Ping")}


async def test_what_is_tried_apart_shares_a_channel_until_one_breaks_it(
    publisher: Publisher, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, channel = 0, Link.channel

    async def counted(link: Link, **kwargs: Any) -> Channel:
        nonlocal opened
        opened += 1
        return await channel(link, **kwargs)

    monkeypatch.setattr(Link, "channel", counted)
    good = [publisher.event(ping()) for _ in range(30)]
    lost = [ping(), ping()]
    bad = [Parcel("no.such.exchange", "x", bytes(each.body), properties(each)) for each in lost]
    for _ in range(2):
        outcomes = await publisher.publish([*good[:10], bad[0], *good[10:20], bad[1], *good[20:]])
        assert [outcome is None for outcome in outcomes].count(False) == 2
    assert opened <= 2 * (1 + len(bad)) + 2, "one that all share, and one for each that breaks it"
    assert await broker.depth("Toy_Ping") >= 60


async def test_a_channel_that_refuses_everything_is_left_for_another(
    publisher: Publisher, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fire, used = salvo.publish, list[Channel]()

    async def refuse(channel: Channel, parcels: Sequence[Parcel], seconds: float) -> list[salvo.Outcome]:
        used.append(channel)
        refused = DeliveryError(None, Basic.Nack(delivery_tag=1))
        return [refused] * len(parcels) if channel is used[0] else await fire(channel, parcels, seconds)

    monkeypatch.setattr(salvo, "publish", refuse)
    parcels = [publisher.event(ping()) for _ in range(10)]
    assert await asyncio.wait_for(publisher.publish(parcels), timeout=10) == [None] * 10
    assert len(used) == 2
    assert used[0].is_closed
    assert await broker.depth("Toy_Ping") == 10


async def test_what_a_frozen_broker_did_not_confirm_is_not_counted_and_arrives_later() -> None:
    with private_rabbitmq("frozen") as rabbitmq:
        settings = Settings(amqp_url=rabbitmq.amqp_url, management_url=rabbitmq.management_url)
        await declare(settings, toy_topology(toy()))
        link = Link(settings.amqp_urls, name="test publisher", heartbeat=1)
        publisher = Publisher(link, heard=HEARD, window=500)
        assert await publisher.publish([publisher.event(ping())]) == [None]
        freeze(rabbitmq)
        sent = [ping() for _ in range(200)]
        publishing = asyncio.create_task(publisher.publish([publisher.event(envelope) for envelope in sent]))
        await eventually(lambda: link.down_since is not None, what="the loss to be noticed", seconds=35)
        assert not publishing.done()
        thaw(rabbitmq)
        assert await asyncio.wait_for(publishing, timeout=60) == [None] * 200
        async with Broker.open(settings.amqp_url, settings.management_url) as broker:
            wanted = {str(envelope.message_id) for envelope in sent}
            while wanted:  # what was unknown may have arrived twice
                wanted -= {message.message_id for message in await broker.take("Toy_Ping")}
        await link.close()


async def test_a_link_says_since_when_it_is_down() -> None:
    link = Link(["amqp://127.0.0.1:1/"], name=str(uuid4()), heartbeat=5)
    assert link.down_since is not None
