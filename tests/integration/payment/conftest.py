from collections.abc import AsyncIterator

import pytest

from workers.payment.simulated import SimulatedProvider
from workers.runtime.settings import Settings


@pytest.fixture
async def provider(settings: Settings) -> AsyncIterator[SimulatedProvider]:
    async with SimulatedProvider.open(settings) as provider:
        yield provider
