"""Fixtures: real servers for the run, a fresh database cloned from a migrated template, and a fresh virtual host."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import uuid4

import httpx
import psycopg
import pytest
import uvloop
from psycopg import sql

from ops.migrate import upgrade
from tests.support.broker import Broker
from tests.support.servers import Servers, running_servers
from workers.runtime.database import Database
from workers.runtime.settings import Settings

RUN = f"test_{os.getpid()}_{uuid4().hex[:6]}"


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with running_servers() as running:
        yield running


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """A database with every migration applied, to clone from."""
    name = f"{RUN}_template"
    _admin(servers, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    upgrade(Settings(database_url=_named(servers, name)))
    yield name
    _drop(servers, name)


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    name = f"{RUN}_{uuid4().hex[:8]}"
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    _admin(servers, clone.format(sql.Identifier(name), sql.Identifier(template)))
    yield _named(servers, name)
    _drop(servers, name)


@pytest.fixture
def vhost_url(servers: Servers) -> Iterator[str]:
    """The AMQP URL of a virtual host of its own."""
    name = f"{RUN}_{uuid4().hex[:8]}"
    with httpx.Client(base_url=servers.management_url, timeout=30) as management:
        management.put(f"/api/vhosts/{name}").raise_for_status()
        yield f"{servers.amqp_url.rsplit('/', 1)[0]}/{name}"
        management.delete(f"/api/vhosts/{name}").raise_for_status()


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


def _named(servers: Servers, name: str) -> str:
    return f"{servers.postgres_url.rsplit('/', 1)[0]}/{name}"


def _admin(servers: Servers, statement: sql.Composed) -> None:
    with psycopg.connect(_named(servers, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _drop(servers: Servers, name: str) -> None:
    _admin(servers, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
