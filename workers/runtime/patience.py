"""Waiting for the end of an outage: probe, a little later each time, and stop at once when the worker stops."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from structlog.stdlib import get_logger

from workers.runtime.verdict import describe

log = get_logger(__name__)

HOLD_SECONDS = 60.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class Patience:
    """Waits until ``probe`` says that what was out of reach is back."""

    def __init__(self, probe: Callable[[], Awaitable[bool]]) -> None:
        self._probe = probe
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Wait no longer: the worker stops."""
        self._ended.set()

    async def pause(self, seconds: float) -> None:
        """Sleep, or less when the worker stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), timeout=seconds)

    async def for_a_while(self) -> bool:
        """Wait as long as messages may be held unacknowledged; return whether the outage is over."""
        return await self._wait(time.monotonic() + HOLD_SECONDS)

    async def until_it_ends(self) -> None:
        """Wait as long as it takes."""
        await self._wait(float("inf"))

    async def _answers(self) -> bool:
        try:
            return await self._probe()
        except Exception as error:  # noqa: BLE001 - what cannot even be asked is not back
            log.warning("a probe failed", error=describe(error))
            return False

    async def _wait(self, deadline: float) -> bool:
        delay = FIRST_PAUSE
        while not self._ended.is_set() and time.monotonic() < deadline:
            await self.pause(delay)
            if await self._answers():
                return True
            delay = min(delay * 2, LONGEST_PAUSE)
        return False
