"""Who follows which order, and being told that it has news: one connection that listens for a whole process.

The order room announces the orders that it writes about. What other rooms do without it, and what is announced while
the connection is lost, is found by a look at all orders that are followed, in one query for each database. Nothing is
queued: a listener is a flag, and reads by itself when it gets round to it, so that a slow one costs no more than that.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from prometheus_client import Gauge
from structlog.stdlib import get_logger

from gateway.databases import Databases
from gateway.pulse import Pulse
from workers.order.history import CHANNEL
from workers.runtime.database import is_outage, is_transient
from workers.runtime.listening import listen
from workers.runtime.settings import Settings
from workers.runtime.verdict import describe, where

log = get_logger(__name__)

_SHARE = 0.1  # of the time, and of one connection, is what looking may take, however many follow
FOLLOWERS = Gauge("orderfleet_gateway_followers", "Streams of events that are open.")


class Listeners:
    """The listeners of a process. It begins to listen, and to look, when the first one comes."""

    def __init__(self, settings: Settings, databases: Databases) -> None:
        self._url = settings.room_database_url("order")
        self._every = settings.events_poll_seconds
        self._pulse = Pulse(databases)
        self._flags: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._beats: dict[UUID, frozenset[tuple[str, int]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.are_leaving = False

    def __len__(self) -> int:
        """How many streams are open."""
        return sum(len(flags) for flags in self._flags.values())

    @contextmanager
    def following(self, order_id: UUID) -> Iterator[asyncio.Event]:
        """Give a flag that is set whenever the order may have news, and once at the beginning."""
        self._start()
        flag = asyncio.Event()
        flag.set()
        self._flags[order_id].add(flag)
        FOLLOWERS.inc()
        try:
            yield flag
        finally:
            FOLLOWERS.dec()
            self._flags[order_id].discard(flag)
            if not self._flags[order_id]:
                del self._flags[order_id]
                self._beats.pop(order_id, None)

    def doubt(self, order_id: UUID) -> None:
        """Have the order announced again with the next look that succeeds: somebody could not read it."""
        self._beats.pop(order_id, None)

    def leave(self) -> None:
        """Send every listener home: the process is about to end."""
        self.are_leaving = True
        self._ring_all()

    async def close(self) -> None:
        """Stop listening."""
        self.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look())]

    async def _listen(self) -> None:
        try:
            await listen(self._url, CHANNEL, self._hear, name="orderfleet gateway listen")
        except Exception as error:  # noqa: BLE001 - what is not heard is found by looking
            self._after(error)

    def _hear(self, payload: str) -> None:
        if not payload:
            self._ring_all()
            return
        for word in payload.split(","):
            with suppress(ValueError):
                self._ring(UUID(word))

    async def _look(self) -> None:
        took = 0.0
        while True:
            await asyncio.sleep(max(self._every, took / _SHARE))
            began = time.monotonic()
            try:
                await self._look_once()
            except Exception as error:  # noqa: BLE001 - looking ends when the process does, not before
                self._after(error)
            took = time.monotonic() - began

    def _after(self, error: Exception) -> None:
        self._beats.clear()
        if is_outage(error) or is_transient(error):
            log.warning("events may be late", error=describe(error))
        else:
            log.error("events may be late", error=describe(error), where=where(error))

    async def _look_once(self) -> None:
        if not self._flags:
            return
        followed = list(self._flags)
        beats = await self._pulse.take(followed)
        for order_id in followed:
            now = beats.get(order_id, frozenset())
            if order_id in self._flags and now != self._beats.get(order_id):
                self._beats[order_id] = now
                self._ring(order_id)

    def _ring(self, order_id: UUID) -> None:
        for flag in self._flags.get(order_id, ()):
            flag.set()

    def _ring_all(self) -> None:
        for order_id in self._flags:
            self._ring(order_id)
