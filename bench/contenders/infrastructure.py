"""Broker and database alone: the floor. Its client feeds itself, and what that uses is not counted."""

import asyncio
import subprocess
from collections.abc import Sequence

from bench import places
from bench.contenders.base import Contender, python
from bench.load.crowd import Crowd
from bench.programs import Program
from bench.queues import FORWARD
from messages.post.topology import topology
from ops.errors import OpsError
from ops.topology import declare
from workers.runtime.settings import Settings

_GRACE = 60


class Infrastructure(Contender):
    """The floor."""

    name = "infrastructure"
    _peak = 0.0

    def parts(self) -> Sequence[Program]:
        """Return no program: the client lives only as long as its load."""
        return ()

    def start(self) -> None:
        """Start nothing but what has to stand."""
        self.prepare()

    def prepare(self) -> None:
        """Declare the queues of the way, made as Orderfleet makes them."""
        settings = Settings(amqp_url=self.place.amqp_url, management_url=self.place.management_url)
        asyncio.run(declare(settings, topology(FORWARD.items())))

    def light(self, seconds: float, seed: int) -> None:
        """Move orders at a steady pace."""
        self._run(seconds, seed, "--rate", str(self.load.light_rate))

    def full(self, seed: int) -> Crowd | None:
        """Move as many orders as go."""
        self._run(self.load.seconds, seed)
        return None

    def worker_peak(self) -> float:
        """Return the peak resident MB of the client."""
        return self._peak

    def _run(self, seconds: float, seed: int, *options: str) -> None:
        limit = self.load.drain_seconds
        where = ("--amqp-url", self.place.amqp_url, "--database-url", self.place.database_url)
        command = python("-m", "bench.floor", *where, "--seconds", str(seconds), "--seed", str(seed), *options)
        done = subprocess.run(  # noqa: S603 - our own words
            [*command, "--drain-seconds", str(limit)],
            stdin=subprocess.DEVNULL,
            cwd=places.ROOT,
            capture_output=True,
            text=True,
            timeout=seconds + limit + _GRACE,
            check=False,
        )
        if done.returncode:
            raise OpsError(f"the floor's client failed: {done.stderr.strip()[-800:]}")
        self._peak = max(self._peak, float(done.stdout.strip()))
