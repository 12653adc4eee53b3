from collections.abc import AsyncIterator

import msgspec
import pytest

from ops.audit import Books, opened
from tests.support.network import Network
from tests.support.ordering import place, shelve
from workers.runtime.database import Database
from workers.runtime.settings import Settings


@pytest.fixture
def at_once(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, handling_seconds=0, transit_seconds=0)


@pytest.fixture
async def network(database: Database, at_once: Settings) -> AsyncIterator[Network]:
    async with Network(database, at_once) as network:
        yield network


@pytest.fixture
async def books(settings: Settings) -> AsyncIterator[Books]:
    async with opened(settings) as books:
        yield books


@pytest.fixture
async def journeys(database: Database, network: Network) -> None:
    """One order delivered, one declined, one out of stock."""
    product = await shelve(database, stock=3)
    for method, quantity in (("tok_ok", 2), ("tok_declined", 1), ("tok_ok", 2)):
        network.say([await place(database, [(product, quantity)], method=method)])
        await network.drain("dispatch", "deliver")
