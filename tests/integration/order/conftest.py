import pytest

from tests.integration.order.desk import Desk
from workers.runtime.database import Database


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)
