"""The broker and the database of a test run: private ones, started for it, or those that the environment names."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from ops.local.cluster import Cluster
from ops.local.ports import free_port
from ops.local.postgres import Postgres
from ops.local.rabbitmq import RabbitMQ

HERE = Path(__file__).parents[2] / ".fleet" / "test"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are; the URLs belong to an administrator of each."""

    amqp_url: str
    management_url: str
    postgres_url: str


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Give the servers of ``ORDERFLEET_TEST_*_URL``, or start some and stop them at the end."""
    if amqp_url := os.environ.get("ORDERFLEET_TEST_AMQP_URL"):
        yield Servers(
            amqp_url,
            os.environ["ORDERFLEET_TEST_MANAGEMENT_URL"],
            os.environ["ORDERFLEET_TEST_POSTGRES_URL"],
        )
        return
    with private_rabbitmq("shared") as rabbitmq, private_postgres("shared") as postgres:
        yield Servers(rabbitmq.amqp_url, rabbitmq.management_url, postgres.url)


@contextmanager
def private_rabbitmq(name: str) -> Iterator[RabbitMQ]:
    """Run a broker that a test may stop, freeze and kill."""
    directory = HERE / f"rabbitmq-{release()}-{name}-{os.getpid()}"
    server = RabbitMQ(directory, amqp_port=free_port(), management_port=free_port(), release=release())
    server.start()
    try:
        yield server
    finally:
        server.erase()


@contextmanager
def private_cluster(name: str) -> Iterator[Cluster]:
    """Run three brokers that are one, of which a test may kill, freeze and cut off any."""
    server = Cluster(HERE / f"cluster-{release()}-{name}-{os.getpid()}", release=release())
    try:
        server.start()
        yield server
    finally:
        server.erase()


def release() -> Literal["3", "4"]:
    """Return which RabbitMQ is to be tested."""
    return cast("Literal['3', '4']", os.environ.get("ORDERFLEET_TEST_RABBITMQ", "3"))


@contextmanager
def private_postgres(name: str) -> Iterator[Postgres]:
    """Run a database server that a test may stop, freeze and kill."""
    server = Postgres(HERE / f"postgres-{name}-{os.getpid()}", port=free_port())
    server.start()
    try:
        yield server
    finally:
        server.erase()


def freeze(server: RabbitMQ | Postgres) -> None:
    """Stop a server in its tracks, with its connections open."""
    os.kill(_running(server), signal.SIGSTOP)


def thaw(server: RabbitMQ | Postgres) -> None:
    """Let a frozen server go on."""
    os.kill(_running(server), signal.SIGCONT)


def _running(server: RabbitMQ | Postgres) -> int:
    pid = server.pid
    assert pid is not None, f"{server} does not run"
    return pid
