"""What every contender has: programs to run, and two ways to be loaded."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from bench import catalogue, queues
from bench.load import crowd, trickle
from bench.load.crowd import Crowd
from bench.programs import Program, Programs, wait_for
from bench.servers import Place
from ops.errors import OpsError
from ops.local.ports import free_port

_START_SECONDS = 120


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much is asked, and for how long; ``scale`` says how many processes a room or a peer has, and its prefetch."""

    seconds: float = 15
    connections: int = 64
    light_seconds: float = 10
    light_rate: float = 20
    drain_seconds: float = 120
    products: int = catalogue.PRODUCTS
    """How many of the products are ordered."""
    scale: Mapping[str, int] = {}


class Contender(ABC):
    """One contender in its own virtual host and database."""

    name: ClassVar[str]

    def __init__(self, place: Place, load: Load) -> None:
        self.place = place
        self.load = load
        self.port = free_port()
        self.programs = Programs(self.name)

    @abstractmethod
    def parts(self) -> Sequence[Program]:
        """Return the programs to run."""

    @abstractmethod
    def prepare(self) -> None:
        """Do what has to be done before they start."""

    def start(self) -> None:
        """Start everything and wait until every queue is heard and the door is open.

        Raises:
            OpsError: when that takes too long.
        """
        self.prepare()
        self.programs.start(self.parts())
        if not wait_for(self.programs, lambda: queues.all_heard(self.place.amqp_url), seconds=_START_SECONDS):
            raise OpsError(f"{self.name} did not listen to all of its queues within {_START_SECONDS} s")
        if not wait_for(self.programs, self._takes_orders, seconds=_START_SECONDS):
            raise OpsError(f"{self.name} took no order within {_START_SECONDS} s")

    def stop(self) -> None:
        """End everything."""
        self.programs.stop()

    def light(self, seconds: float, seed: int) -> None:
        """Ask for orders at a steady pace."""
        trickle.post(self.port, rate=self.load.light_rate, seconds=seconds, seed=seed)

    def full(self, seed: int) -> Crowd | None:
        """Ask for as many orders as are taken; return what the crowd saw, if it was one."""
        load = self.load
        return crowd.post(
            self.port, seconds=load.seconds, connections=load.connections, products=load.products, seed=seed
        )

    def worker_peak(self) -> float:
        """Return the peak resident MB of the largest worker process."""
        return self.programs.worker_peak()

    def _takes_orders(self) -> bool:
        return trickle.post(self.port, rate=50, seconds=0.02, seed=0) == 1


def python(*words: str) -> tuple[str, ...]:
    """Return a command of the interpreter that everybody runs on."""
    return (sys.executable, *words)
