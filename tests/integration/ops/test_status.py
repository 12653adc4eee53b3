"""Looking at the fleet, and pausing queues, from a terminal: without the gateway."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from uuid_utils.compat import uuid7

from ops import places
from ops.cli import cli
from ops.errors import OpsError
from ops.topology import declare
from workers.fleet import fleet_topology
from workers.runtime import pauses, processes
from workers.runtime.database import Database
from workers.runtime.processes import Process
from workers.runtime.settings import PREFIX, Settings
from workers.runtime.waiting import Waiting

QUEUE = "Stock_OrderCreated"


@pytest.fixture(autouse=True)
def here(fleet_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv(places.HOME, str(tmp_path))
    for name in ("database_url", "amqp_url", "management_url"):
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", getattr(fleet_settings, name))


async def asked(*words: str) -> Result:
    """Run a command, which has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, cli, words)


async def test_status_says_why_what_waits_does_so(fleet_settings: Settings, database: Database) -> None:
    await declare(fleet_settings, fleet_topology())
    since = datetime.now(UTC) - timedelta(minutes=5)
    waiting = {"Payment_StockReserved": Waiting(what="provider", since=since, error="Outage: away")}
    process = Process(
        id=uuid7(), room="payment", host="here", pid=7, started_at=since, busy=0.25, memory=2**26, waiting=waiting
    )
    async with database.transaction() as tx:
        await processes.announce(tx, process)
        await pauses.pause(tx, QUEUE, by="ada", why="a look")
    shown = await asked("status")
    assert shown.exit_code == 1
    assert "Orderfleet is not up here" in shown.output
    lines = {line.split("│")[1].strip(): line for line in shown.output.splitlines() if line.count("│") > 3}
    assert "pause for 0 s: ada: a look" in lines[QUEUE]
    assert "provider for 5 min: Outage: away" in lines["Payment_StockReserved"]
    assert " 25% " in lines["payment"]
    assert " 64 " in lines["payment"]


async def test_whatever_somebody_gave_as_a_reason_is_shown(fleet_settings: Settings, database: Database) -> None:
    await declare(fleet_settings, fleet_topology())
    async with database.transaction() as tx:
        await pauses.pause(tx, QUEUE, by="ada", why="[/later] \x1b[2J")
    shown = await asked("status")
    assert r"ada: [/later] \x1b[2J" in shown.output, shown.exception


async def test_status_without_anything_says_what_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv(f"{PREFIX}MANAGEMENT_URL", "http://127.0.0.1:1")
    shown = await asked("status")
    assert shown.exit_code == 1
    assert "RabbitMQ's management API at 127.0.0.1:1 cannot be reached" in shown.output
    assert "the operations' database cannot be asked" in shown.output
    assert QUEUE not in shown.output


async def test_a_queue_is_paused_and_resumed_by_hand(database: Database) -> None:
    shown = await asked("pause", QUEUE, "--why", "a look")
    assert (shown.exit_code, shown.output.startswith(f"{QUEUE} is paused since ")) == (0, True)
    async with database.transaction() as tx:
        [pause] = (await pauses.paused(tx)).values()
    assert (pause.queue, pause.why) == (QUEUE, "a look")
    assert "@" in (pause.by or "")
    assert (await asked("resume", QUEUE)).output == f"{QUEUE} goes on\n"
    async with database.transaction() as tx:
        assert await pauses.paused(tx) == {}


@pytest.mark.parametrize("word", ["pause", "resume"])
async def test_a_queue_that_no_room_has_is_named_with_those_there_are(word: str) -> None:
    refused = await asked(word, "Stock_Nothing")
    assert isinstance(refused.exception, OpsError)
    assert str(refused.exception).startswith("there is no queue Stock_Nothing; there are Notification_")
