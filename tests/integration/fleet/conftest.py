import psycopg
import pytest

from workers.runtime.settings import Settings


@pytest.fixture
def careless_settings(settings: Settings, database_url: str) -> Settings:
    """A database that does not wait for its disk: nothing in it has to outlive a power cut."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET synchronous_commit = off'.encode())
    return settings
