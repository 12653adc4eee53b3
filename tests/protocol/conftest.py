from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.support.servers import Servers


@pytest.fixture(scope="module")
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """One database for all rows of the table: each is about an order of its own."""
    name = f"{template}_{uuid4().hex[:6]}"
    server, _, _ = servers.postgres_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        clone = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(clone.format(sql.Identifier(name), sql.Identifier(template)))
        yield f"{server}/{name}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
