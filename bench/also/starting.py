"""How long a worker takes from its first instruction until it is ready: one at a time, with all of its queues there."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

import httpx

from bench.contenders.base import Load
from bench.contenders.orderfleet import Orderfleet
from bench.programs import Program, Programs
from bench.servers import Servers
from ops.errors import OpsError

_LIMIT_SECONDS = 30
_LOOK_SECONDS = 0.01


def measure(servers: Servers, load: Load, rounds: int) -> Mapping[str, Sequence[float]]:
    """Return the seconds of every round by worker."""
    fleet = Orderfleet(servers.place("room"), load)
    fleet.prepare()
    parts = [part for part in fleet.parts() if part.worker]
    try:
        return {part.name: [_seconds(fleet.programs, part) for _ in range(rounds)] for part in parts}
    finally:
        fleet.stop()
        servers.leave(fleet.place)


def _seconds(programs: Programs, part: Program) -> float:
    begun = time.monotonic()
    programs.start([part])
    try:
        while not _is_ready(part):
            programs.require()
            if time.monotonic() - begun > _LIMIT_SECONDS:
                raise OpsError(f"{part.name} was not ready within {_LIMIT_SECONDS} s")
            time.sleep(_LOOK_SECONDS)
        return time.monotonic() - begun
    finally:
        programs.stop()


def _is_ready(part: Program) -> bool:
    with suppress(httpx.HTTPError):
        port = part.environment["ORDERFLEET_HEALTH_PORT"]
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=1).is_success
    return False
