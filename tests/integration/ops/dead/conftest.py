from collections.abc import AsyncIterator

import pytest

from ops.dead.offices import Offices, opened
from workers.runtime.settings import Settings


@pytest.fixture
async def offices(settings: Settings) -> AsyncIterator[Offices]:
    async with opened(settings) as offices:
        yield offices
