"""Deliveries are put together as their frames come: these tests fail when aiormq's insides change."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiormq.abc import DeliveredMessage

from messages.post.topology import WORK
from messages.post.wire import envelope, properties
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.toy import listener, ping, toy, toy_topology
from tests.support.waiting import eventually
from workers.runtime.arrivals import Arrivals
from workers.runtime.broker import Link
from workers.runtime.delivery import Delivery
from workers.runtime.settings import Settings

QUEUE = "Toy_Ping"


async def never(_: DeliveredMessage) -> None:
    raise AssertionError("aiormq still hands deliveries to a callback")


@pytest.fixture
async def link(fleet_settings: Settings) -> AsyncIterator[Link]:
    await declare(fleet_settings, toy_topology(toy(), listener()))
    link = Link(fleet_settings.amqp_urls, name="test arrivals", heartbeat=5)
    yield link
    await link.close()


async def test_deliveries_come_whole_in_order_and_with_their_properties(link: Link, broker: Broker) -> None:
    sent = [ping(str(number)) for number in range(100)]
    await broker.send(*sent)
    channel, arrived = await link.channel(), list[Delivery]()
    Arrivals.at(channel, arrived.append)
    await channel.basic_consume(QUEUE, never)

    async def all_there() -> bool:
        return len(arrived) == 100

    await eventually(all_there, what="every delivery")
    read = [envelope(message.properties, message.body) for message in arrived]
    assert [each.message_id for each in read] == [each.message_id for each in sent]
    assert [bytes(each.body) for each in read] == [bytes(each.body) for each in sent]
    assert [message.tag for message in arrived] == list(range(1, 101))


async def test_bodies_of_no_frame_and_of_many_arrive_whole(link: Link, broker: Broker) -> None:
    bodies = [b"", bytes(range(256)) * 2000, b"x", b""]
    for body in bodies:
        await broker.send_raw(body, properties(ping()), exchange=WORK, key=QUEUE)
    channel, arrived = await link.channel(), list[Delivery]()
    Arrivals.at(channel, arrived.append)
    await channel.basic_consume(QUEUE, never)

    async def all_there() -> bool:
        return len(arrived) == len(bodies)

    await eventually(all_there, what="every delivery")
    assert [message.body for message in arrived] == bodies


async def test_whatever_is_no_delivery_reaches_the_channel(link: Link, broker: Broker) -> None:
    channel, arrived = await link.channel(), list[Delivery]()
    Arrivals.at(channel, arrived.append)
    ok = await asyncio.wait_for(channel.basic_consume(QUEUE, never), timeout=5)
    await asyncio.wait_for(channel.basic_cancel(str(ok.consumer_tag)), timeout=5)
    await broker.send(ping())
    got = await asyncio.wait_for(channel.basic_get(QUEUE), timeout=5)
    assert got.body
    await asyncio.wait_for(channel.close(), timeout=5)
    assert not arrived
