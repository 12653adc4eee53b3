"""Whether an order costs more when a great many messages wait.

The same orders twice: with workers there as they come, and with workers that come when all are waiting. Everything is
counted, from the first POST to the end of the last order, but for what starting the workers costs.
"""

import time
from collections.abc import Mapping

import msgspec

from bench import arithmetic, proc
from bench.book import Book
from bench.contenders.base import Load
from bench.contenders.orderfleet import Orderfleet
from bench.load import crowd
from bench.programs import wait_for
from bench.servers import Servers
from ops.errors import OpsError
from ops.servers import Say

SIZES = (0, 10_000, 100_000)
_WITHOUT_BACKLOG = 10_000
_DOORS = ("relay", "gateway")
_CHUNK_SECONDS = 2
_LIMIT_SECONDS = 1200
_REST_SECONDS = 3


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What orders cost when ``waiting`` of them stood in the queues before the first was handled."""

    waiting: int
    orders: int
    cpu_ms: Mapping[str, float]
    seconds: float

    @property
    def cpu_ms_per_order(self) -> float:
        """CPU of everything."""
        return sum(self.cpu_ms.values())


def measure(servers: Servers, load: Load, rounds: int, sizes: tuple[int, ...], say: Say) -> dict[int, list[Backlog]]:
    """Measure all sizes in turn."""
    found: dict[int, list[Backlog]] = {size: [] for size in sizes}
    for number in range(1, rounds + 1):
        for size in sizes:
            backlog = _Waiting(servers, load, size).measure()
            say(f"round {number}, {size:,} waiting: {backlog.cpu_ms_per_order:.2f} ms of CPU an order")
            found[size].append(backlog)
    return found


class _Waiting:
    """A fleet whose workers leave while orders pile up."""

    def __init__(self, servers: Servers, load: Load, size: int) -> None:
        self._servers = servers
        self._size = size
        self._load = load
        self._fleet = Orderfleet(servers.place("room"), load)
        self._book = Book(self._fleet.place.database_url)

    def measure(self) -> Backlog:
        """Do it."""
        try:
            self._fleet.start()
            time.sleep(_REST_SECONDS)
            starting = self._used()
            workers = [part for part in self._fleet.parts() if part.kind not in _DOORS]
            if self._size:
                self._fleet.programs.stop([part.name for part in workers])
            self._book.turn()
            before, begun = self._used(), time.monotonic()
            self._post(self._size or _WITHOUT_BACKLOG)
            if self._size:
                self._fleet.programs.start(workers)
            self._finish()
            used = arithmetic.deltas(before, self._used())
            if self._size:
                used = {kind: ms if kind in before else ms - starting[kind] for kind, ms in used.items()}
            orders, seconds = self._book.progress().orders, time.monotonic() - begun
            cpu = arithmetic.per_order(used, orders)
            return Backlog(waiting=self._size, orders=orders, cpu_ms=cpu, seconds=seconds)
        finally:
            self._fleet.stop()
            self._servers.leave(self._fleet.place)

    def _post(self, orders: int) -> None:
        seed = 0
        while self._book.progress().orders < orders:
            seed += 1
            crowd.post(
                self._fleet.port,
                seconds=_CHUNK_SECONDS,
                connections=self._load.connections,
                products=self._load.products,
                seed=seed,
            )

    def _finish(self) -> None:
        if not wait_for(self._fleet.programs, lambda: self._book.progress().is_done, seconds=_LIMIT_SECONDS):
            raise OpsError(f"orders were still under way after {_LIMIT_SECONDS} s")

    def _used(self) -> dict[str, float]:
        roots = {kind: [pid] for kind, pid in self._servers.pids.items()}
        return proc.used({**roots, **self._fleet.programs.by_kind()})
