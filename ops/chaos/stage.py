"""A stack to be broken: servers, ports and a directory of its own, so that nobody else's is ever touched."""

import os
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ops import health, places, stack, state
from ops.chaos.wanted import Release, Wanted
from ops.errors import OpsError
from ops.local.cluster import Cluster
from ops.local.ports import is_free
from ops.local.postgres import Postgres
from ops.local.rabbitmq import RabbitMQ
from ops.servers import Say
from ops.state import ChildState
from workers.runtime.settings import PREFIX, Settings

OWN = {
    "HANDLING_SECONDS": "0.5",
    "TRANSIT_SECONDS": "0.5",
    "HEARTBEAT_SECONDS": "5",
}
"""What a run sets unless the environment does: orders that end soon, and peers that are missed soon."""
_PORTS = range(20_000, 32_000)  # below those that the system hands out to whoever connects


class Stage(msgspec.Struct, kw_only=True):
    """What faults are injected into."""

    settings: Settings
    rabbitmq: RabbitMQ | Cluster
    postgres: Postgres
    outage_file: Path
    is_evidence: bool = False
    """Whether its logs and data are wanted afterwards."""

    @property
    def gateway(self) -> str:
        """Where orders are placed."""
        return health.gateway_url(self.settings)

    @property
    def mails(self) -> Path:
        """Where the mail catcher keeps what it caught."""
        return places.fleet() / "mail"

    def children(self) -> Mapping[str, ChildState]:
        """Return the fleet's processes by name, as their supervisor sees them."""
        return {child.name: child for child in state.read(places.fleet() / "state.json").children}

    def pid(self, name: str) -> int | None:
        """Return the process of one program, if it runs now."""
        child = self.children().get(name)
        return child.pid if child else None


@contextmanager
def raised(wanted: Wanted, say: Say) -> Iterator[Stage]:
    """Bring up a fresh stack; it goes when the block ends, but not what it left when that raises, or finds it wanted.

    Raises:
        OpsError: when it does not come up, or another run is using its directory.
    """
    home = wanted.home
    _claim(home)
    ports = _ports()
    servers = _servers(home, ports, cluster=wanted.cluster, release=wanted.release)
    outage_file = home / "provider-is-away"
    _point_environment(home, ports, servers, outage_file)
    try:
        say(f"bringing up a stack of its own in {home}")
        with stack.ended_by_sigterm():
            for server in servers:
                server.start()
            up = stack.up(say, wanted.scale)
            rabbitmq, postgres = servers
            stage = Stage(settings=up.settings, rabbitmq=rabbitmq, postgres=postgres, outage_file=outage_file)
            yield stage
    except BaseException:
        _strike(servers, say)
        say(f"its logs and data stay in {home}")
        raise
    _strike(servers, say)
    if wanted.keep or stage.is_evidence:
        say(f"its logs and data stay in {home}")
        return
    for server in servers:
        server.erase()
    shutil.rmtree(home, ignore_errors=True)


def _strike(servers: tuple[RabbitMQ | Cluster, Postgres], say: Say) -> None:
    stack.down(say)
    for server in servers:
        server.stop()


def _claim(home: Path) -> None:
    """Begin with nothing: what an earlier run left is only kept until the next."""
    os.environ[places.HOME] = str(home)
    if stack.supervisor().pid is not None:
        raise OpsError(f"a stack is up in {home}: another run is going on there, or was killed; stop it first")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)


def _servers(
    home: Path, ports: Mapping[str, int], *, cluster: bool, release: Release
) -> tuple[RabbitMQ | Cluster, Postgres]:
    postgres = Postgres(home / "postgres", port=ports["POSTGRES_PORT"])
    if cluster:
        return Cluster(home / "cluster", release=release), postgres
    amqp, management = ports["AMQP_PORT"], ports["MANAGEMENT_PORT"]
    return RabbitMQ(home / "rabbitmq", amqp_port=amqp, management_port=management, release=release), postgres


def _ports() -> dict[str, int]:
    names = ("AMQP_PORT", "MANAGEMENT_PORT", "POSTGRES_PORT", "SMTP_PORT", "GATEWAY_PORT")
    free = (port for port in random.sample(_PORTS, len(_PORTS)) if is_free(port))
    return {name: next(free) for name in names}


def _point_environment(
    home: Path, ports: Mapping[str, int], servers: tuple[RabbitMQ | Cluster, Postgres], outage_file: Path
) -> None:
    rabbitmq, postgres = servers
    for name in [name for name in os.environ if name.startswith(PREFIX) and name.endswith(("_URL", "_PORT"))]:
        del os.environ[name]
    own = {
        **{name: os.environ.get(PREFIX + name, value) for name, value in OWN.items()},
        **{name: str(port) for name, port in ports.items()},
        "AMQP_URL": rabbitmq.amqp_url,
        "MANAGEMENT_URL": rabbitmq.management_url,
        "DATABASE_URL": postgres.url,
        "SIMULATED_OUTAGE_FILE": str(outage_file),
    }
    os.environ.update({PREFIX + name: value for name, value in own.items()})
    os.environ[places.HOME] = str(home)
