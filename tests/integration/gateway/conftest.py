from collections.abc import AsyncIterator

import pytest

from gateway.app import create_app
from tests.integration.gateway.door import Door, open_door
from workers.runtime.settings import Settings


@pytest.fixture
async def door(settings: Settings) -> AsyncIterator[Door]:
    async with open_door(create_app(settings)) as door:
        yield door
