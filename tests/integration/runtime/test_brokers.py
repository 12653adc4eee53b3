"""Several nodes: a process turns to the next when one does not answer or goes away."""

import asyncio

import pytest

from ops.topology import declare
from tests.support.broker import Broker
from tests.support.servers import private_rabbitmq
from tests.support.toy import listener, ping, prepare, toy, toy_topology, working
from tests.support.waiting import eventually
from workers.runtime.broker import Link
from workers.runtime.brokers import Brokers, connect
from workers.runtime.database import Database
from workers.runtime.settings import Settings, SettingsError, load

NOWHERE = "amqp://orderfleet:orderfleet@127.0.0.1:1/"


def test_the_round_goes_on_and_comes_back() -> None:
    brokers = Brokers(["one", "two", "three"])
    seen = []
    for _ in range(6):
        seen.append(brokers.current)
        brokers.move_on()
    assert sorted(seen[:3]) == ["one", "three", "two"]
    assert seen[:3] == seen[3:]


def test_a_list_of_urls_is_read_from_one_setting() -> None:
    urls = "amqp://a:b@one:5672/v,amqps://two/v"
    assert load({"ORDERFLEET_AMQP_URL": urls}).amqp_urls == tuple(urls.split(","))
    with pytest.raises(SettingsError, match="ORDERFLEET_AMQP_URL"):
        load({"ORDERFLEET_AMQP_URL": "amqp://one,two"})


async def test_a_link_finds_the_node_that_answers(fleet_settings: Settings) -> None:
    for _ in range(5):  # it begins anywhere
        link = Link([NOWHERE, NOWHERE, *fleet_settings.amqp_urls], name="test brokers", heartbeat=5)
        async with asyncio.timeout(20):
            channel = await link.channel()
        assert not channel.is_closed
        await link.close()


async def test_the_first_that_answers_is_enough(fleet_settings: Settings) -> None:
    connection = await connect([NOWHERE, *fleet_settings.amqp_urls], seconds=5)
    await connection.close()
    with pytest.raises(OSError, match="Connect"):
        await connect([NOWHERE, NOWHERE], seconds=5)


async def test_a_worker_moves_over_when_its_node_goes(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    """Two brokers that know nothing of each other stand for two nodes: what matters is where the worker turns to."""
    made = await prepare(database, fleet_settings, toy(), listener())
    with private_rabbitmq("other") as other:
        elsewhere = Settings(amqp_url=other.amqp_url, management_url=other.management_url)
        await declare(elsewhere, toy_topology(toy(), listener()))
        both = Settings(
            database_url=fleet_settings.database_url,
            amqp_url=f"{other.amqp_url},{fleet_settings.amqp_url}",
            heartbeat_seconds=5,
        )
        async with working(toy(), both, made) as worker:
            links = (worker.consuming, worker.publishing)

            async def all_up() -> bool:
                return all(link.down_since is None for link in links)

            await eventually(all_up, what="both links up")
            other.kill()
            await broker.send(ping())
            await broker.take("Other_Pong")
