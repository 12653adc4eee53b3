"""The broker and the database that all contenders share in turn: private, fsync on, with a clean room for each run."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
import msgspec
import psycopg
from psycopg import sql

from bench import catalogue, places
from ops import migrate
from ops.local.ports import free_port
from ops.local.postgres import Postgres
from ops.local.rabbitmq import RabbitMQ
from ops.servers import SERVERS, Say, require_installed
from workers.runtime.settings import Settings

_TEMPLATE = "bench_template"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A contender's own virtual host and database."""

    amqp_url: str
    management_url: str
    vhost: str
    database_url: str


class Servers:
    """A running broker and database."""

    def __init__(self, rabbitmq: RabbitMQ, postgres: Postgres) -> None:
        self._rabbitmq = rabbitmq
        self._postgres = postgres

    @property
    def pids(self) -> dict[str, int]:
        """The processes whose work is counted as ``broker`` and ``database``."""
        found = {"broker": self._rabbitmq.pid, "database": self._postgres.pid}
        return {kind: pid for kind, pid in found.items() if pid is not None}

    def prepare(self) -> None:
        """Make the tables and the catalogue once; every room's database is a copy."""
        self._recreate(_TEMPLATE, "template0")
        url = self._database_url(_TEMPLATE)
        migrate.upgrade(Settings(database_url=url))
        catalogue.sow(url)

    def place(self, name: str, *, keep: bool = False) -> Place:
        """Make a clean room, without whatever stood there before; ``keep`` keeps a database that is there already."""
        if not (keep and self._has(f"bench_{name}")):
            self._recreate(f"bench_{name}", _TEMPLATE)
        self._clear_vhost(name)
        return Place(
            amqp_url=f"{self._rabbitmq.amqp_url}{name}",
            management_url=self._rabbitmq.management_url,
            vhost=name,
            database_url=self._database_url(f"bench_{name}"),
        )

    def leave(self, place: Place) -> None:
        """Delete the broker's part of a room: queues that nobody empties would cost the next contender."""
        httpx.delete(f"{place.management_url}/api/vhosts/{quote(place.vhost)}", timeout=60)

    def checkpoint(self) -> None:
        """Write out what earlier runs left behind, so that no run pays for another's pages."""
        self._execute(sql.SQL("CHECKPOINT"))

    def record_commits(self) -> None:
        """Have the database note when each transaction commits: this is how latencies are read without a probe."""
        self._execute(sql.SQL("ALTER SYSTEM SET track_commit_timestamp = on"))
        self._postgres.stop()
        self._postgres.start()

    def _has(self, database: str) -> bool:
        with psycopg.connect(self._postgres.url) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        return found is not None

    def _recreate(self, name: str, template: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        self._execute(create)

    def _clear_vhost(self, name: str) -> None:
        base = f"{self._rabbitmq.management_url}/api"
        with httpx.Client(timeout=60) as client:
            client.delete(f"{base}/vhosts/{name}")
            client.put(f"{base}/vhosts/{name}").raise_for_status()
            everything = {"configure": ".*", "write": ".*", "read": ".*"}
            client.put(f"{base}/permissions/{name}/orderfleet", json=everything).raise_for_status()

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self._postgres.url, autocommit=True) as connection:
            connection.execute(statement)

    def _database_url(self, name: str) -> str:
        return f"{self._postgres.url.rpartition('/')[0]}/{name}"


@contextmanager
def running(say: Say) -> Iterator[Servers]:
    """Give the servers, started for this and deleted afterwards, but for their logs when something went wrong.

    What a bench that was killed has left behind is ended first.
    """
    require_installed(SERVERS, say)
    rabbitmq = RabbitMQ(places.home() / "rabbitmq", amqp_port=free_port(), management_port=free_port())
    postgres = Postgres(places.home() / "postgres", port=free_port())
    for server in (rabbitmq, postgres):
        server.erase()
    say("starting a RabbitMQ and a PostgreSQL of its own under .bench/")
    try:
        rabbitmq.start()
        postgres.start()
        servers = Servers(rabbitmq, postgres)
        servers.record_commits()
        servers.prepare()
        yield servers
    finally:
        rabbitmq.stop()
        postgres.stop()
    rabbitmq.erase()
    postgres.erase()
