from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.app import create_app
from tests.integration.gateway.door import Door, open_door
from tests.integration.gateway.following import Gateway, gateway
from workers.runtime.settings import Settings


@pytest.fixture
async def door(settings: Settings) -> AsyncIterator[Door]:
    async with open_door(create_app(settings)) as door:
        yield door


@pytest.fixture
async def first(settings: Settings, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A real gateway process."""
    async with gateway(settings, tmp_path) as running:
        yield running
