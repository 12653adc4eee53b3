import pytest

from tests.integration.stock.shop import Shop
from workers.runtime.database import Database


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)
