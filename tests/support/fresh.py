"""Databases and virtual hosts of a test's own, on the servers of the run, deleted when the test is over."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql

from tests.support.servers import Servers

RUN = f"test_{os.getpid()}_{uuid4().hex[:6]}"


@contextmanager
def fresh_database(servers: Servers, template: str | None = None) -> Iterator[str]:
    """Give the URL of a new database: a copy of ``template``, or one with nothing in it."""
    name = f"{RUN}_{uuid4().hex[:8]}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        create += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
    _admin(servers, create)
    try:
        yield _named(servers, name)
    finally:
        _admin(servers, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def fresh_vhost(servers: Servers) -> Iterator[str]:
    """Give the AMQP URL of a new virtual host."""
    name = f"{RUN}_{uuid4().hex[:8]}"
    with httpx.Client(base_url=servers.management_url, timeout=30) as management:
        management.put(f"/api/vhosts/{name}").raise_for_status()
        try:
            yield f"{servers.amqp_url.rsplit('/', 1)[0]}/{name}"
        finally:
            management.delete(f"/api/vhosts/{name}").raise_for_status()


def _named(servers: Servers, name: str) -> str:
    return f"{servers.postgres_url.rsplit('/', 1)[0]}/{name}"


def _admin(servers: Servers, statement: sql.Composed) -> None:
    with psycopg.connect(_named(servers, "postgres"), autocommit=True) as connection:
        connection.execute(statement)
