"""Where a broker and a database come from: the environment, Docker Compose, private servers, or an installation."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from ops import places
from ops.errors import OpsError
from ops.local import compose, install, postgres, rabbitmq
from ops.local.ports import Port, require_free
from ops.local.postgres import Postgres
from ops.local.rabbitmq import RabbitMQ
from ops.local.settings import LocalPorts

Say = Callable[[str], None]
Server = Literal["rabbitmq", "postgres"]
Kind = Literal["environment", "compose", "private"]

_GIVEN: dict[Server, str] = {"rabbitmq": "ORDERFLEET_AMQP_URL", "postgres": "ORDERFLEET_DATABASE_URL"}
SERVERS: tuple[Server, ...] = ("rabbitmq", "postgres")
_NAMES: dict[Server, str] = {"rabbitmq": "RabbitMQ", "postgres": "PostgreSQL"}
_MODULES = {"rabbitmq": rabbitmq, "postgres": postgres}


class Servers(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was taken, and which servers were started for it: those, and no others, are stopped again."""

    kind: Kind
    ports: LocalPorts
    started: tuple[Server, ...] = ()

    def stop(self) -> None:
        """Stop what was started."""
        if self.kind == "compose" and self.started:
            compose.stop(places.root(), self.started)
        if self.kind == "private":
            for server in self.started:
                private(server, self.ports).stop()


def left_behind(ports: LocalPorts) -> Servers | None:
    """Return the private servers that run although nobody noted it, because `up` was killed while it started them."""
    running = tuple(server for server in SERVERS if private(server, ports).is_running)
    return Servers(kind="private", ports=ports, started=running) if running else None


def private(server: Server, ports: LocalPorts) -> RabbitMQ | Postgres:
    """Return a private server below ``.fleet/``."""
    if server == "rabbitmq":
        directory = places.fleet() / "rabbitmq"
        return RabbitMQ(directory, amqp_port=ports.amqp_port, management_port=ports.management_port)
    return Postgres(places.fleet() / "postgres", port=ports.postgres_port)


def provide(
    ports: LocalPorts, say: Say, *, also: Sequence[Port] = (), environ: Mapping[str, str] = os.environ
) -> Servers:
    """Find or start a broker and a database, and say which way it was; ``also`` are ports that others will want.

    Raises:
        OpsError: when there is none to be had, naming what to install or which port is taken.
    """
    wanted = tuple(server for server, name in _GIVEN.items() if not environ.get(name))
    for name in _GIVEN.values():
        if environ.get(name):
            say(f"{name} names a server: using it")
    if not wanted:
        require_free(also)
        return Servers(kind="environment", ports=ports)
    if compose.answers(places.root()):
        return _composed(wanted, ports, also, say)
    return _privately(wanted, ports, also, say)


def _composed(wanted: tuple[Server, ...], ports: LocalPorts, also: Sequence[Port], say: Say) -> Servers:
    fresh = tuple(server for server in wanted if server not in compose.running(places.root()))
    require_free([*also, *(port for server in fresh for port in ports_of(server, ports))])
    say(f"Docker Compose answers: {' and '.join(wanted)} run in containers")
    try:
        compose.start(places.root(), wanted)
    except OpsError:
        compose.stop(places.root(), fresh)
        raise
    return Servers(kind="compose", ports=ports, started=fresh)


def _privately(wanted: tuple[Server, ...], ports: LocalPorts, also: Sequence[Port], say: Say) -> Servers:
    require_installed(wanted, say)
    fresh = tuple(server for server in wanted if private(server, ports).pid is None)
    for server in fresh:
        private(server, ports).stop()  # what an interrupted start left behind would be in our own way
    require_free([*also, *(port for server in fresh for port in ports_of(server, ports))])
    say(f"starting a {' and a '.join(_NAMES[server] for server in wanted)} of our own under .fleet/")
    try:
        for server in wanted:
            private(server, ports).start()
    except BaseException:
        for server in fresh:
            private(server, ports).stop()
        raise
    return Servers(kind="private", ports=ports, started=wanted)


def require_installed(wanted: tuple[Server, ...], say: Say) -> None:
    """Install what is missing.

    Raises:
        OpsError: when that is not possible here, saying what to install.
    """
    missing = tuple(server for server in wanted if not _MODULES[server].is_installed())
    if missing:
        say(f"{' and '.join(_NAMES[server] for server in missing)} not found on this machine: installing from Debian")
        install.install(missing)
    for server in missing:
        if not _MODULES[server].is_installed():
            raise OpsError(f"{_NAMES[server]} was installed, and still its programs are not to be found")


def ports_of(server: Server, ports: LocalPorts) -> tuple[Port, ...]:
    """Return the ports that a private server listens on."""
    if server == "postgres":
        return (Port(ports.postgres_port, "database (PostgreSQL)", "ORDERFLEET_POSTGRES_PORT"),)
    return (
        Port(ports.amqp_port, "broker (RabbitMQ, AMQP)", "ORDERFLEET_AMQP_PORT"),
        Port(ports.management_port, "management of RabbitMQ", "ORDERFLEET_MANAGEMENT_PORT"),
    )
