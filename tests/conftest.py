"""Fixtures: real servers for the run, a fresh database cloned from a migrated template, and a fresh virtual host."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urlsplit

import pytest
import uvloop

from ops.migrate import upgrade
from tests.support.broker import Broker
from tests.support.fresh import fresh_database, fresh_vhost
from tests.support.servers import Servers, running_servers
from workers.runtime.database import Database
from workers.runtime.settings import Settings


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with running_servers() as running:
        yield running


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """The name of a database with every migration applied, to clone from."""
    with fresh_database(servers) as url:
        upgrade(Settings(database_url=url))
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    with fresh_database(servers, template) as url:
        yield url


@pytest.fixture
def vhost_url(servers: Servers) -> Iterator[str]:
    """The AMQP URL of a virtual host of its own."""
    with fresh_vhost(servers) as url:
        yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings with a fresh database, and no broker anywhere."""
    return Settings(database_url=database_url, amqp_url="amqp://127.0.0.1:1/", management_url="http://127.0.0.1:1")


@pytest.fixture
def fleet_settings(database_url: str, vhost_url: str, servers: Servers) -> Settings:
    """Settings with a fresh database and a fresh virtual host."""
    return Settings(
        database_url=database_url, amqp_url=vhost_url, management_url=servers.management_url, heartbeat_seconds=5
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(Settings(database_url=database_url).room_database_url("order"), connections=20)
    yield database
    await database.close()


@pytest.fixture
async def broker(fleet_settings: Settings) -> AsyncIterator[Broker]:
    async with Broker.open(fleet_settings.amqp_url, fleet_settings.management_url) as broker:
        yield broker
