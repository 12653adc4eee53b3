"""The audit over HTTP, from the command line, and over rooms with databases of their own."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from gateway.app import create_app
from ops.audit import INVARIANTS, opened
from ops.cli import cli
from ops.errors import OpsError
from ops.migrate import upgrade
from tests.integration.gateway.door import Door, open_door
from tests.support.auditing import violated
from tests.support.servers import Servers
from workers.runtime.database import Database
from workers.runtime.settings import Settings

_LOSE = text("UPDATE stock.product SET on_hand = on_hand - 1")
NAMES = [invariant.name for invariant in INVARIANTS]


@pytest.fixture
async def door(settings: Settings) -> AsyncIterator[Door]:
    async with open_door(create_app(settings)) as door:
        yield door


async def ask(database_url: str) -> Result:
    """Run ``orderfleet audit``."""
    environment = {"ORDERFLEET_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, cli, ["audit"], env=environment)


@pytest.mark.usefixtures("journeys")
async def test_http_gives_every_invariant_with_its_examples(door: Door, database: Database) -> None:
    sound = await door.get("/audit")
    assert (sound["ok"], [each["name"] for each in sound["invariants"]]) == (True, NAMES)
    async with database.transaction() as tx:
        await tx.execute(_LOSE)
    broken = await door.get("/audit")
    assert broken["ok"] is False
    assert broken["checkedAt"] > sound["checkedAt"]
    [ledger] = [each for each in broken["invariants"] if each["violations"]]
    [example] = ledger["examples"]
    assert (ledger["name"], ledger["violations"]) == ("stock-ledger", 1)
    assert (example["onHand"], example["ledger"]) == (0, 1)


async def test_many_who_ask_at_once_share_audits(door: Door) -> None:
    answers = await asyncio.gather(*(door.get("/audit") for _ in range(20)))
    assert len({answer["checkedAt"] for answer in answers}) <= 2


@pytest.mark.usefixtures("journeys")
async def test_the_command_says_it_by_its_exit_code(database: Database, database_url: str) -> None:
    sound = await ask(database_url)
    assert sound.exit_code == 0, sound.output
    assert all(name in sound.output for name in NAMES)
    async with database.transaction() as tx:
        await tx.execute(_LOSE)
    broken = await ask(database_url)
    assert broken.exit_code == 1
    assert "stock-ledger: productId" in broken.output


async def test_a_database_that_cannot_be_reached_is_one_sentence() -> None:
    refused = await ask("postgresql://nobody@127.0.0.1:1/nothing")
    assert isinstance(refused.exception, OpsError)
    assert "127.0.0.1" in str(refused.exception)


@pytest.mark.usefixtures("journeys")
async def test_rooms_may_live_apart(database_url: str, servers: Servers) -> None:
    """Payments and stock on a server of their own, where none of these orders was ever heard of."""
    other = f"{database_url}_apart"
    name = other.rpartition("/")[2]
    with psycopg.connect(servers.postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            apart = Settings(database_url=database_url, stock_database_url=other, payment_database_url=other)
            await asyncio.to_thread(upgrade, apart)
            async with opened(apart) as books:
                assert len(books.homes) == 2
                assert await violated(books) == {"money-owed": 1, "stock-follows-order": 1}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
