"""A crowd that posts orders as fast as they are taken, by wrk."""

import shutil
import subprocess
from pathlib import Path

import msgspec

from bench import catalogue
from ops.errors import OpsError
from ops.local import install
from ops.servers import Say

_SCRIPT = Path(__file__).with_name("orders.lua")
_GRACE = 30


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """What the load generator saw: answers, refusals (4xx, 5xx), broken connections, and how long answers took."""

    requests: int
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float

    @property
    def accepted(self) -> int:
        """Orders that were taken, as far as the caller knows."""
        return self.requests - self.refused


def require_wrk(say: Say) -> None:
    """Install wrk when it is not there, the way the servers are.

    Raises:
        OpsError: when that is not possible here, saying what to install.
    """
    if shutil.which("wrk") is None:
        say("wrk not found on this machine: installing from Debian")
        install.install(["wrk"])


def post(port: int, *, seconds: float, connections: int, products: int, seed: int) -> Crowd:
    """Post orders of the first ``products`` products, over so many connections, and say how it went."""
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "20s", "-s", str(_SCRIPT)]
    target = [f"http://127.0.0.1:{port}", "--", str(catalogue.USERS), str(products), str(seed)]
    done = subprocess.run(  # noqa: S603 - our own words
        [*words, *target],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds + _GRACE,
        check=False,
    )
    if done.returncode or not done.stdout.strip().endswith("}"):
        raise OpsError(f"wrk failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return msgspec.json.decode(done.stdout.strip().splitlines()[-1], type=Crowd)
