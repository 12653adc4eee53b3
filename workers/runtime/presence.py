"""A process's presence in the fleet: it says every few seconds that it lives, how it is, and why parts of it wait.

Nothing depends on it. A process that cannot say so goes on working, and is taken for gone until it can.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.stdlib import get_logger
from uuid_utils.compat import uuid7

from workers.runtime import processes
from workers.runtime.processes import Process
from workers.runtime.usage import Usage
from workers.runtime.verdict import describe
from workers.runtime.waiting import Waits, nothing_waits

log = get_logger(__name__)

GOODBYE_SECONDS = 1.0

Transaction = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class Presence:
    """Announces one process of ``room`` in the schema of the operations."""

    def __init__(self, transaction: Transaction, room: str, *, every: float, waits: Waits = nothing_waits) -> None:
        self._transaction = transaction
        self._room = room
        self._every = every
        self._waits = waits
        self._id = uuid7()
        self._started_at = datetime.now(UTC)
        self._usage = Usage()
        self._is_heard = True
        self._is_leaving = False
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Announce until cancelled."""
        while True:
            begun = time.monotonic()
            try:
                await self.announce()
            except Exception as error:  # noqa: BLE001 - nothing depends on it
                self._note(is_heard=False, error=describe(error))
            else:
                self._note(is_heard=True)
            await asyncio.sleep(max(0.1, self._every - (time.monotonic() - begun)))

    async def announce(self) -> None:
        """Announce once, unless the process ends."""
        async with self._turn:
            if not self._is_leaving:
                async with self._transaction() as tx:
                    await processes.announce(tx, self._now())

    async def leave(self) -> bool:
        """Say that the process ends; return whether the database answered, which it may do or not."""
        leaving = asyncio.create_task(self._leave())
        await asyncio.wait([leaving], timeout=GOODBYE_SECONDS)
        return leaving.done()

    async def _leave(self) -> None:
        self._is_leaving = True
        with suppress(Exception):
            async with self._turn, self._transaction() as tx:
                await processes.leave(tx, self._id)

    def _now(self) -> Process:
        return Process(
            id=self._id,
            room=self._room,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=self._started_at,
            busy=self._usage.busy(),
            memory=self._usage.memory(),
            waiting=self._waits(),
        )

    def _note(self, *, is_heard: bool, error: str | None = None) -> None:
        if is_heard != self._is_heard:
            self._is_heard = is_heard
            if error:
                log.warning("this process cannot say that it lives", error=error)
            else:
                log.info("this process can say again that it lives")
