"""One program under supervision: its process, its log, and how often it died."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ops.backoff import Backoff
from ops.local.ports import free_port
from ops.local.process import started
from ops.state import ChildState


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. Lower stages start first and stop last; ``reports`` programs get a port for health and metrics."""

    name: str
    command: tuple[str, ...]
    stage: int = 0
    reports: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A program that is kept alive."""

    def __init__(self, program: Program, *, logs: Path | None, backoff: Backoff) -> None:
        self.program = program
        self._log = logs / f"{program.name}.log" if logs else None
        self._backoff = backoff
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._due = 0.0
        self._deaths = 0
        self._state = ChildState(name=program.name)

    @property
    def state(self) -> ChildState:
        """What can be told of it."""
        return self._state

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def tend(self) -> bool:
        """Start it when it is due, and see whether it died; tell whether anything changed."""
        if self._process is None:
            return self._start() if time.monotonic() >= self._due else False
        if self._process.poll() is None:
            return False
        self._bury(self._process.returncode)
        return True

    def signal(self, how: signal.Signals) -> None:
        """Send a signal, if there is anybody to receive it."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(how)

    def laid_down(self) -> None:
        """Note that it was stopped, and is not to be started again."""
        if self._process is not None and self._process.poll() is not None:
            self._state = self._state.but(pid=None, born=None, last_exit=told(self._process.returncode))
            self._process = None

    def _start(self) -> bool:
        port = free_port() if self.program.reports else None
        environment = {**os.environ, **self.program.environment}
        if port:
            environment["ORDERFLEET_HEALTH_PORT"] = str(port)
        output = self._log.open("ab") if self._log else None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the programs are ours
                self.program.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
            )
        finally:
            if output:
                output.close()
        self._began = time.monotonic()
        self._state = self._state.but(
            pid=self._process.pid,
            born=started(self._process.pid),
            since=datetime.now(UTC),
            health_port=port,
            starts_in=None,
        )
        return True

    def _bury(self, code: int) -> None:
        self._process = None
        self._deaths = self._backoff.deaths(self._deaths, time.monotonic() - self._began)
        delay = self._backoff.delay(self._deaths)
        self._due = time.monotonic() + delay
        self._state = self._state.but(
            pid=None,
            born=None,
            since=datetime.now(UTC),
            restarts=self._state.restarts + 1,
            last_exit=told(code),
            starts_in=delay,
        )


def told(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
