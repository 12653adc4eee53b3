"""One contender, once: started in a clean room, warmed up, loaded lightly and fully, read, and ended."""

import math
import time
from collections.abc import Callable, Mapping

from bench import arithmetic, figures, proc
from bench.book import Book, Progress
from bench.contenders.base import Contender, Load
from bench.figures import Full, Light, Run
from bench.programs import wait_for
from bench.servers import Place, Servers
from ops.servers import Say

_STALLED_SECONDS = 20
_WARM_UP_SECONDS = 2.5

Start = Callable[[Place, Load], Contender]


def run(start: Start, servers: Servers, load: Load, number: int, *, place: Place | None = None) -> Run:
    """Measure a contender, in a clean room or in ``place``."""
    contender = start(place or servers.place("room"), load)
    try:
        contender.start()
        measured = Measuring(contender, servers, Book(contender.place.database_url))
        measured.warm_up(seed=number)
        light = measured.light(seed=100 + number)
        servers.checkpoint()
        full = measured.full(seed=200 + number)
        return Run(
            contender=contender.name,
            number=number,
            light=light,
            full=full,
            worker_rss_mb=contender.worker_peak(),
            rss_mb=contender.programs.peaks(),
        )
    finally:
        contender.stop()
        servers.leave(contender.place)


def rounds(variants: Mapping[str, tuple[Start, Load]], servers: Servers, count: int, say: Say) -> dict[str, list[Run]]:
    """Measure all variants so many times, in turn, so that a slow quarter of an hour is everybody's."""
    runs: dict[str, list[Run]] = {name: [] for name in variants}
    for number in range(1, count + 1):
        for name, (start, load) in variants.items():
            done = run(start, servers, load, number)
            say(
                f"round {number}, {name}: {done.full.completed_per_s:.0f}/s, {done.full.cpu_ms_per_order:.2f} ms of CPU"
            )
            runs[name].append(done)
    return runs


class Measuring:
    """A running contender and what is read of it."""

    def __init__(self, contender: Contender, servers: Servers, book: Book) -> None:
        self._contender = contender
        self._servers = servers
        self._book = book

    def warm_up(self, *, seed: int) -> None:
        """Let every process have done everything once."""
        self._contender.light(_WARM_UP_SECONDS, seed)
        self._drain()

    def light(self, *, seed: int) -> Light:
        """Load it lightly, and see how long orders take."""
        self._book.turn()
        self._contender.light(self._contender.load.light_seconds, seed)
        self._drain()
        return figures.light([journey.ms for journey in self._book.journeys() if journey.completed])

    def full(self, *, seed: int) -> Full:
        """Load it fully, until nothing is left to do."""
        self._book.turn()
        cpu, machine, own, begun = self._used(), proc.machine(), proc.own(), time.time()
        crowd = self._contender.full(seed)
        progress = self._drain()
        used = arithmetic.deltas(cpu, self._used())
        ours = sum(used.values()) + proc.own() - own
        strangers = arithmetic.strangers(machine, proc.machine(), ours)
        journeys = self._book.journeys()
        ends = [journey.completed for journey in journeys if journey.completed]
        return Full(
            accepted=len(journeys),
            completed=len(ends),
            seconds=max(ends) - begun if ends else math.inf,
            cpu_ms=arithmetic.per_order(used, progress.orders),
            strangers=strangers,
            crowd=crowd,
        )

    def _used(self) -> dict[str, float]:
        roots = {kind: [pid] for kind, pid in self._servers.pids.items()}
        return proc.used({**roots, **self._contender.programs.by_kind()})

    def _drain(self) -> Progress:
        """Wait until every order is at its end; give up when nothing has moved for a while."""
        progress = self._book.progress()
        moved = time.monotonic()

        def is_over() -> bool:
            nonlocal progress, moved
            now = self._book.progress()
            if now != progress:
                progress, moved = now, time.monotonic()
            return (progress.orders > 0 and progress.is_done) or time.monotonic() - moved > _STALLED_SECONDS

        wait_for(self._contender.programs, is_over, seconds=self._contender.load.drain_seconds)
        return progress
