"""The local stack: from nothing to healthy, and back."""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from signal import SIGTERM, signal
from types import FrameType

import msgspec

from ops import health, migrate, places, seed, state, topology
from ops.fleet import command
from ops.local import settings as local
from ops.local.ports import Port
from ops.local.process import PidFile, spawn, started
from ops.local.settings import LocalPorts
from ops.servers import SERVERS, Say, Servers, left_behind, private, provide
from workers.fleet import fleet_topology
from workers.runtime.settings import Settings, load

_STOP_SECONDS = 150


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """A stack that is up. ``is_ours`` when this call started it."""

    settings: Settings
    is_ours: bool


def up(say: Say, processes: Mapping[str, int] | None = None) -> Stack:
    """Bring everything up and return when all of it is healthy; what is up already stays as it is.

    Raises:
        OpsError: when something cannot be had or does not become healthy; whatever this call started is stopped.
    """
    environment = local.environment()
    settings = load(environment)
    with _alone(), ended_by_sigterm():
        if supervisor().pid is not None:
            say("Orderfleet is up already")
            health.wait(settings)
            return Stack(settings=settings, is_ours=False)
        _sweep()
        servers = provide(local.load(), say, also=_ports(settings, local.load()))
        _remember(servers)
        try:
            _furnish(settings, say)
            _launch(environment, processes or {}, say)
            health.wait(settings)
        except BaseException:
            say("stopping what was started")
            _stop(servers)
            raise
    return Stack(settings=settings, is_ours=True)


def down(say: Say) -> None:
    """Stop everything that ``up`` started, also what a crash left behind."""
    with _alone():
        servers = _remembered() or left_behind(local.load())
        if servers is None and supervisor().pid is None:
            say("nothing is up")
            return
        _stop(servers)
        say("Orderfleet is down")


def catches_mail() -> bool:
    """Tell whether mail goes to a catcher of our own, because no other server was named."""
    own = local.load().smtp_url
    return os.environ.get("ORDERFLEET_SMTP_URL", "") in ("", own)


def erase() -> None:
    """Delete the data of the private servers, and what the stack wrote."""
    with _alone():
        _stop(_remembered())
        for server in SERVERS:
            private(server, local.load()).erase()
        for name in ("logs", "mail"):
            shutil.rmtree(places.fleet() / name, ignore_errors=True)


def supervisor() -> PidFile:
    """Return where the supervisor's process is remembered."""
    return PidFile(places.fleet() / "supervisor.pid")


def _ports(settings: Settings, ports: LocalPorts) -> list[Port]:
    gateway = Port(settings.gateway_port, "gateway", "ORDERFLEET_GATEWAY_PORT", settings.gateway_host)
    catcher = Port(ports.smtp_port, "mail catcher", "ORDERFLEET_SMTP_PORT")
    return [gateway, catcher] if catches_mail() else [gateway]


def _furnish(settings: Settings, say: Say) -> None:
    say("bringing the databases up to date")
    migrate.upgrade(settings)
    say("declaring exchanges, queues and policies")
    asyncio.run(topology.declare(settings, fleet_topology()))
    asyncio.run(seed.sow(settings))


def _launch(environment: Mapping[str, str], processes: Mapping[str, int], say: Say) -> None:
    say("starting gateway, relay and workers")
    (places.fleet() / "state.json").unlink(missing_ok=True)
    scale = [word for room, count in processes.items() for word in ("--scale", f"{room}={count}")]
    log = places.logs() / "supervisor.log"
    supervisor().write(spawn(command("supervise", *scale), log=log, environment=environment, cwd=str(places.root())))


def _stop(servers: Servers | None) -> None:
    supervisor().end(SIGTERM, grace=_STOP_SECONDS)
    _sweep()
    if servers is not None:
        servers.stop()
    _stack_file().unlink(missing_ok=True)


def _sweep() -> None:
    """End children that outlived their supervisor."""
    path = places.fleet() / "state.json"
    for child in reversed(state.read(path).children):
        if child.pid is not None and started(child.pid) == child.born:
            orphan = PidFile(path.with_name("orphan.pid"))
            orphan.write(child.pid)
            orphan.end(SIGTERM, grace=30)
    path.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Let nobody else bring the same stack up or down meanwhile."""
    with (places.fleet() / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind the stack, as Ctrl-C does."""

    def leave(_: int, __: FrameType | None) -> None:
        sys.exit(128 + SIGTERM)

    before = signal(SIGTERM, leave)
    try:
        yield
    finally:
        signal(SIGTERM, before)


def _stack_file() -> Path:
    return places.fleet() / "stack.json"


def _remember(servers: Servers) -> None:
    _stack_file().write_bytes(msgspec.json.encode(servers))


def _remembered() -> Servers | None:
    try:
        return msgspec.json.decode(_stack_file().read_bytes(), type=Servers)
    except (OSError, msgspec.DecodeError):
        return None
