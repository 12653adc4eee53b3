"""What a quorum queue does not take: a limit that a whole connection shares."""

import asyncio

import aiormq
import pytest

from ops.topology import declare
from tests.support.broker import Broker
from tests.support.toy import listener, ping, toy, toy_topology
from workers.runtime.broker import Link
from workers.runtime.intake import Intake
from workers.runtime.settings import Settings

QUEUE = "Toy_Ping"


async def nothing(_: object) -> None:
    pass


async def test_a_limit_that_a_connection_shares_costs_it_and_ours_does_not(
    fleet_settings: Settings, broker: Broker
) -> None:
    await declare(fleet_settings, toy_topology(toy(), listener()))
    await broker.send(*(ping() for _ in range(30)))
    naive = await aiormq.connect(fleet_settings.amqp_url)
    channel = await naive.channel()
    await channel.basic_qos(prefetch_count=10, global_=True)
    with pytest.raises((aiormq.exceptions.AMQPError, asyncio.CancelledError)):
        await channel.basic_consume(QUEUE, nothing)
    assert channel.is_closed
    await naive.close()

    link = Link(fleet_settings.amqp_urls, name="test limits", heartbeat=5)
    intake = Intake(await link.channel(), QUEUE, prefetch=10)
    await intake.start()
    taken = await asyncio.wait_for(intake.take(30), timeout=10)
    assert 0 < len(taken) < 30
    assert not intake.lost
    await intake.settle(taken)
    await intake.close()
    await link.close()
