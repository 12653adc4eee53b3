"""A database that is frozen answers nobody, and lets go of nobody: whoever is told to end ends all the same."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from ops.local.postgres import Postgres
from tests.support.freezing import frozen
from tests.support.processes import Fleet, fleet
from tests.support.servers import private_postgres
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.lifecycle import GRACE
from workers.runtime.settings import Settings

DRAIN = 3.0
SLACK = 4.0  # for a process to notice, and for two cores that are shared


@pytest.fixture
async def apart(fleet_settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[Postgres, Fleet]]:
    with private_postgres("frozen") as server:
        settings = msgspec.structs.replace(
            fleet_settings, database_url=server.url, drain_seconds=DRAIN, batch_size=5, prefetch=20
        )
        async with fleet(settings, tmp_path) as made:
            yield server, made


async def test_whoever_is_told_to_end_while_the_database_is_frozen_ends(apart: tuple[Postgres, Fleet]) -> None:
    server, running = apart
    names = ("stock", "payment", "relay", "gateway")
    await running.start(*names)
    shop = await Shop.open(running, stock=100_000)
    ordering = asyncio.gather(*(shop.orders(300) for _ in range(4)), return_exceptions=True)
    database = Database(running.settings.room_database_url("stock"))
    await eventually(lambda: _some(database), what="work under way")
    with frozen(server):
        begun = time.monotonic()
        for name in names:
            running.processes[name].signal(signal.SIGTERM)
        codes = [await running.processes[name].ended(seconds=DRAIN + GRACE + SLACK) for name in names]
        took = time.monotonic() - begun
    for name in names:
        running.processes.pop(name)
    await ordering
    await database.close()
    assert took < DRAIN + GRACE + SLACK
    assert set(codes) <= {0, -signal.SIGTERM}  # the gateway's server ends by the signal that ended it


async def _some(database: Database) -> bool:
    async with database.transaction() as tx:
        return bool((await tx.execute(text("SELECT count(*) FROM stock.reservation"))).scalar_one())
