"""Sets of publishes keep aiormq's books as single ones would: these tests fail when its insides change."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiormq import Channel
from aiormq.exceptions import ChannelNotFoundEntity, PublishError
from pamqp.commands import Basic

from messages.post.envelope import Envelope
from messages.post.topology import EVENTS, WORK
from messages.post.wire import properties
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.toy import listener, ping, toy, toy_topology
from workers.runtime import salvo
from workers.runtime.broker import Link
from workers.runtime.parcel import Parcel, event
from workers.runtime.settings import Settings

SECONDS = 10


@pytest.fixture
async def channel(fleet_settings: Settings) -> AsyncIterator[Channel]:
    await declare(fleet_settings, toy_topology(toy(), listener()))
    link = Link(fleet_settings.amqp_urls, name="test salvo", heartbeat=5)
    yield await link.channel(confirms=True)
    await link.close()


def there(envelope: Envelope) -> Parcel:
    return Parcel(WORK, "Toy_Ping", bytes(envelope.body), properties(envelope))


def nowhere(envelope: Envelope) -> Parcel:
    return Parcel(EVENTS, "nobody.hears", bytes(envelope.body), properties(envelope))


async def test_a_set_arrives_whole_and_in_order(channel: Channel, broker: Broker) -> None:
    envelopes = [ping(str(number)) for number in range(50)]
    outcomes = await salvo.publish(channel, [event(each, mandatory=True) for each in envelopes], SECONDS)
    assert all(isinstance(outcome, Basic.Ack) for outcome in outcomes)
    arrived = await broker.take("Toy_Ping", 50)
    assert [message.body for message in arrived] == [bytes(each.body) for each in envelopes]
    assert [message.message_id for message in arrived] == [str(each.message_id) for each in envelopes]
    assert {message.exchange for message in arrived} == {EVENTS}


async def test_sets_and_single_publishes_share_a_channel(channel: Channel, broker: Broker) -> None:
    single = there(ping())
    sets = [salvo.publish(channel, [there(ping()) for _ in range(20)], SECONDS) for _ in range(5)]
    one = channel.basic_publish(
        single.body, exchange=single.exchange, routing_key=single.key, properties=single.properties
    )
    outcomes, ack = await asyncio.gather(asyncio.gather(*sets), one)
    assert isinstance(ack, Basic.Ack)
    assert {type(outcome) for each in outcomes for outcome in each} == {Basic.Ack}
    assert channel.delivery_tag == 101
    assert not channel.confirmations
    assert not channel.message_id_delivery_tag
    assert await broker.depth("Toy_Ping") == 101


async def test_what_came_back_is_told_apart_by_its_place(channel: Channel) -> None:
    parcels = [nowhere(ping()) if number % 3 == 0 else there(ping()) for number in range(30)]
    outcomes = await salvo.publish(channel, parcels, SECONDS)
    assert [isinstance(outcome, PublishError) for outcome in outcomes] == [number % 3 == 0 for number in range(30)]
    assert not channel.message_id_delivery_tag


async def test_a_body_of_many_frames_arrives_unharmed(channel: Channel, broker: Broker) -> None:
    large = ping()
    body = bytes(range(256)) * 2000
    parcel = Parcel(WORK, "Toy_Ping", body, properties(large))
    [first, second] = await salvo.publish(channel, [parcel, there(ping())], SECONDS)
    assert isinstance(first, Basic.Ack)
    assert isinstance(second, Basic.Ack)
    arrived = await broker.take("Toy_Ping", 2)
    assert arrived[0].body == body


async def test_an_empty_body_arrives(channel: Channel, broker: Broker) -> None:
    await salvo.publish(channel, [Parcel(WORK, "Toy_Ping", b"", properties(ping()))], SECONDS)
    [arrived] = await broker.take("Toy_Ping")
    assert arrived.body == b""


async def test_a_channel_that_breaks_leaves_its_set_unknown_at_once(channel: Channel) -> None:
    lost = Parcel("no.such.exchange", "x", b"{}", properties(ping()))
    outcomes = await asyncio.wait_for(salvo.publish(channel, [lost, there(ping())], SECONDS), timeout=SECONDS / 2)
    assert {type(outcome) for outcome in outcomes} == {ChannelNotFoundEntity}


async def test_what_cannot_be_written_is_refused_before_anything_is_sent(channel: Channel, broker: Broker) -> None:
    long = Parcel(WORK, "x" * 256, b"{}", properties(ping()))
    with pytest.raises(ValueError, match="too long"):
        await salvo.publish(channel, [there(ping()), long], SECONDS)
    assert channel.delivery_tag == 0
    await salvo.publish(channel, [there(ping())], SECONDS)
    assert await broker.depth("Toy_Ping") == 1
