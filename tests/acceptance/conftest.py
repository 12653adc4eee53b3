"""Fixtures: a fleet of real processes on a fresh database and a fresh virtual host."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from ops.local.ports import free_port
from tests.support.processes import Fleet, fleet
from workers.runtime.settings import Settings


@pytest.fixture
async def running(fleet_settings: Settings, tmp_path: Path) -> AsyncIterator[Fleet]:
    with_mail = msgspec.structs.replace(fleet_settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    async with fleet(with_mail, tmp_path) as made:
        yield made
