"""The processes of a contender: started together, told to end together, killed when they do not."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec

from bench import places, proc
from ops.local.process import PidFile, last_words, spawn, started, wait_until

_GRACE = 20


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. ``kind`` is what its CPU is counted as; a ``worker`` is what the bar on memory is about."""

    name: str
    kind: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = {}
    worker: bool = False


class ProgramEnded(Exception):  # noqa: N818 - says what happened
    """A measured process ended by itself; the text has its last words."""


class Programs:
    """Running programs. Each is remembered in a file, so that the next bench can end what a killed one left behind."""

    def __init__(self, contender: str) -> None:
        self._contender = contender
        self._running: dict[str, tuple[Program, PidFile]] = {}

    def start(self, programs: Iterable[Program]) -> None:
        """Start all of them."""
        for program in programs:
            log = places.logs() / f"{self._contender}.{program.name}.log"
            log.unlink(missing_ok=True)
            environment = {**_inherited(), **program.environment}
            file = PidFile(places.pids() / f"{self._contender}.{program.name}.pid")
            file.write(spawn(program.command, log=log, environment=environment, cwd=str(places.ROOT)))
            self._running[program.name] = (program, file)

    def require(self) -> None:
        """See that all are alive.

        Raises:
            ProgramEnded: when one is not.
        """
        for name, (_, file) in self._running.items():
            if file.pid is None:
                log = places.logs() / f"{self._contender}.{name}.log"
                raise ProgramEnded(f"{self._contender}'s {name} ended by itself:\n{last_words(log, 20)}")

    def by_kind(self) -> dict[str, list[int]]:
        """Return the processes of every kind; their children are counted with them."""
        found: dict[str, list[int]] = {}
        for program, file in self._running.values():
            if file.pid is not None:
                found.setdefault(program.kind, []).append(file.pid)
        return found

    def peaks(self) -> dict[str, float]:
        """Return the peak resident MB of every process, children numbered."""
        return {name: proc.peak_mb(pid) for name, pid, _ in self._processes()}

    def worker_peak(self) -> float:
        """Return the peak resident MB of the largest worker process."""
        return max((proc.peak_mb(pid) for _, pid, program in self._processes() if program.worker), default=0)

    def stop(self, names: Iterable[str] | None = None) -> None:
        """End these, or all of them, and their children, within a bounded time."""
        wanted = list(self._running if names is None else names)
        _end([self._running[name][1] for name in wanted])
        for name in wanted:
            del self._running[name]

    def _processes(self) -> Iterable[tuple[str, int, Program]]:
        for name, (program, file) in self._running.items():
            if file.pid is not None:
                for number, pid in enumerate(proc.tree(file.pid)):
                    yield (f"{name}/{number}" if number else name), pid, program


def sweep() -> None:
    """End whatever a bench that was killed has left running."""
    _end([PidFile(path) for path in places.pids().glob("*.pid")])


def _end(files: Sequence[PidFile]) -> None:
    trees = [(pid, started(pid)) for file in files if file.pid is not None for pid in proc.tree(file.pid)]
    for file in files:
        if (pid := file.pid) is not None:
            _signal(pid, signal.SIGTERM)
    wait_until(lambda: not any(started(pid) == born for pid, born in trees), _GRACE)
    for pid, born in trees:
        if born is not None and started(pid) == born:
            _signal(pid, signal.SIGKILL)
    for file in files:
        file.end(signal.SIGKILL, grace=5)


def _signal(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def _inherited() -> dict[str, str]:
    """Return the environment without settings that are meant for a stack of somebody's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ORDERFLEET_")}


def wait_for(programs: Programs, condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait for ``condition`` as long as all programs live; tell whether it came in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        programs.require()
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
