"""The gate before a queue: its consumer stands here while somebody has paused it."""

import asyncio

from workers.runtime.pauses import Pause
from workers.runtime.waiting import PAUSE, Waiting


class Gate:
    """Open, or shut by a pause, or shut because nobody knows yet whether there is one."""

    def __init__(self, *, is_open: bool = True) -> None:
        self._pause: Pause | None = None
        self._opened, self._shut = asyncio.Event(), asyncio.Event()
        (self._opened if is_open else self._shut).set()

    @property
    def is_open(self) -> bool:
        """Whether the queue may be consumed."""
        return self._opened.is_set()

    @property
    def waiting(self) -> Waiting | None:
        """Who paused the queue, and why, if somebody did."""
        if self._pause is None:
            return None
        return Waiting(what=PAUSE, since=self._pause.since, by=self._pause.by, why=self._pause.why)

    def set(self, pause: Pause | None) -> None:
        """Shut the gate for a pause, and open it without one."""
        self._pause = pause
        becomes, was = (self._shut, self._opened) if pause else (self._opened, self._shut)
        was.clear()
        becomes.set()

    async def opened(self) -> None:
        """Wait until the queue may be consumed."""
        await self._opened.wait()

    async def shut(self) -> None:
        """Wait until the queue is to be left alone."""
        await self._shut.wait()
