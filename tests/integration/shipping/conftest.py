import pytest
from msgspec.structs import replace

from tests.integration.shipping.yard import Yard
from workers.runtime.database import Database
from workers.runtime.settings import Settings


@pytest.fixture
async def yard(database: Database, settings: Settings) -> Yard:
    yard = Yard(database, settings)
    await yard.hire("Ada", "Bob", "Cy")
    return yard


@pytest.fixture
def slow(yard: Yard) -> Yard:
    """A yard whose clock does nothing within a test."""
    yard.settings = replace(yard.settings, handling_seconds=600, transit_seconds=600)
    return yard
