"""Keeps programs alive: starts them in stages, restarts what dies, and stops all in the opposite order."""

import signal
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from types import FrameType

from structlog.stdlib import get_logger

from ops.backoff import Backoff
from ops.child import Child, Program
from ops.state import FleetState, write

log = get_logger(__name__)

_LOOK_SECONDS = 0.1


class Supervisor:
    """The parent of a set of programs, until a SIGTERM or SIGINT ends it and them."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        logs: Path | None = None,
        state: Path | None = None,
        backoff: Backoff | None = None,
        grace: float = 30,
    ) -> None:
        by_stage = sorted(programs, key=lambda program: program.stage)
        self._children = [Child(program, logs=logs, backoff=backoff or Backoff()) for program in by_stage]
        self._state = state
        self._grace = grace
        self._asked_to_stop = False

    def run(self) -> int:
        """Keep everything alive until asked to stop; return the exit code."""
        for asked in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asked, self._ask_to_stop)
        while not self._asked_to_stop:
            self._tend()
            time.sleep(_LOOK_SECONDS)
        self._stop()
        return 0

    def _tend(self) -> None:
        changed = [child for child in self._children if child.tend()]
        for child in changed:
            _tell(child)
        if changed:
            self._show()

    def _stop(self) -> None:
        """Stop stage by stage: nobody is asked for anything any more when it goes."""
        for _, stage in groupby(reversed(self._children), key=lambda child: child.program.stage):
            self._stop_stage(list(stage))
            self._show()

    def _stop_stage(self, children: Sequence[Child]) -> None:
        for child in children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while any(child.is_running for child in children) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        for child in children:
            if child.is_running:
                log.warning("killed", program=child.program.name, after_seconds=self._grace)
                child.signal(signal.SIGKILL)
        while any(child.is_running for child in children):
            time.sleep(_LOOK_SECONDS)
        for child in children:
            child.laid_down()

    def _show(self) -> None:
        if self._state:
            write(self._state, FleetState(children=tuple(child.state for child in self._children)))

    def _ask_to_stop(self, _: int, __: FrameType | None) -> None:
        self._asked_to_stop = True


def _tell(child: Child) -> None:
    state = child.state
    if state.pid is not None:
        log.info("started", program=state.name, pid=state.pid, restarts=state.restarts)
    else:
        log.warning("died", program=state.name, how=state.last_exit, starts_in_seconds=state.starts_in)
