"""A process from its first line to its last: settings, logs, signals, the watchdog, and an exit code that says why."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import uvloop
from structlog.stdlib import get_logger

from workers.runtime import logs
from workers.runtime.health import Checks
from workers.runtime.settings import Settings

log = get_logger(__name__)

GRACE = 5.0
"""How much longer than it may drain a process may take to end."""
EXIT_OK = 0
EXIT_WATCHDOG = 70
EXIT_PART_ENDED = 71

Main = Callable[["Stop"], Awaitable[None]]


class Stop(asyncio.Event):
    """Set when the process is to end; ``reason`` says why, and ``code`` is what it exits with."""

    reason = ""
    code = EXIT_OK

    def __init__(self, most_seconds: float | None = None) -> None:
        super().__init__()
        self._most_seconds = most_seconds

    def request(self, reason: str, code: int = EXIT_OK) -> None:
        """Ask for the end; the first reason counts."""
        if not self.is_set():
            self.reason, self.code = reason, code
            self.set()
            if self._most_seconds is not None:
                end_within(self._most_seconds, code)


def end_within(seconds: float, code: int = EXIT_OK) -> None:
    """End this process if it has not ended by itself: a server that answers nobody must not keep it for ever.

    Whatever was not finished was not acknowledged, and was no attempt.
    """

    def leave() -> None:
        log.error("could not end in time, this process ends all the same", seconds=seconds)
        os._exit(code)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()


def run(main: Main, settings: Settings, name: str) -> int:
    """Run ``main`` until SIGTERM, SIGINT or the watchdog, and return the exit code."""
    logs.configure(settings, process=name)
    return uvloop.run(_run(main, settings.drain_seconds + GRACE))


async def _run(main: Main, most_seconds: float) -> int:
    stop = Stop(most_seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.request, signal.Signals(number).name)
    log.info("started")
    await main(stop)
    log.info("stopped", reason=stop.reason, code=stop.code)
    return stop.code


def expect_to_last(tasks: Iterable[asyncio.Task[Any]], stop: Stop) -> None:
    """End the process when a part of it ends by itself: half a worker looks well, and does half the work."""

    def ended(task: asyncio.Task[Any]) -> None:
        if not stop.is_set():
            error = None if task.cancelled() else task.exception()
            log.error("a part of this process ended by itself", part=task.get_name(), error=repr(error))
            stop.request("a part ended", EXIT_PART_ENDED)

    for task in tasks:
        task.add_done_callback(ended)


async def watch(checks: Checks, stop: Stop, *, patience: float) -> None:
    """End a process of which a part has not been well for ``patience`` seconds; whoever started it starts it anew."""
    since = dict.fromkeys(checks, time.monotonic())
    while True:
        await asyncio.sleep(min(1.0, patience / 4))
        now = time.monotonic()
        since.update({name: now for name, is_well in checks.items() if is_well()})
        if late := [name for name, last in since.items() if now - last > patience]:
            log.error("not ready for too long, this process ends", parts=late, seconds=patience)
            stop.request("watchdog", EXIT_WATCHDOG)
            return
