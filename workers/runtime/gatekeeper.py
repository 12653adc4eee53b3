"""Knowing which queues are paused: told at once, looking again every second or two, and never forgetting by itself.

While the table cannot be read, what was known last holds. A worker that has never known waits a little for it, and then
begins: somebody's pause may be a moment late, but a fleet must not stand still because operators have lost a database.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress

from structlog.stdlib import get_logger

from workers.runtime import pauses
from workers.runtime.database import Database
from workers.runtime.gate import Gate
from workers.runtime.listening import listen
from workers.runtime.pauses import Pause
from workers.runtime.verdict import describe

log = get_logger(__name__)

PATIENCE = 5.0


class Gatekeeper:
    """Opens and shuts the gates of a process."""

    def __init__(self, database: Database, url: str, queues: Iterable[str], *, every: float) -> None:
        self.gates = {queue: Gate(is_open=False) for queue in queues}
        self._database = database
        self._url = url
        self._every = every
        self._woken = asyncio.Event()
        self._is_decided = False
        self._is_blind = False
        self._unknown_since = time.monotonic()

    async def run(self) -> None:
        """Keep the gates until cancelled."""
        if not self.gates:
            return
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._woken.clear()
                await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), timeout=self._every)
        finally:
            listening.cancel()

    async def _look(self) -> None:
        reading = asyncio.ensure_future(self._read())
        try:
            while not (await asyncio.wait([reading], timeout=PATIENCE))[0]:
                self._guess()
            self._set(reading.result())
        except Exception as error:  # noqa: BLE001 - whatever it is, what was known last holds
            if not self._is_blind:
                log.warning("pauses cannot be read, those known hold", error=describe(error))
            self._is_blind = True
            self._guess()
        finally:
            reading.cancel()

    async def _read(self) -> dict[str, Pause]:
        async with self._database.transaction() as tx:
            return await pauses.paused(tx)

    def _set(self, paused: dict[str, Pause]) -> None:
        self._is_blind, self._is_decided = False, True
        for queue, gate in self.gates.items():
            pause = paused.get(queue)
            if gate.is_open and pause:
                log.warning("queue is paused", queue=queue, by=pause.by, why=pause.why)
            elif gate.waiting and not pause:
                log.info("queue is resumed", queue=queue)
            gate.set(pause)

    def _guess(self) -> None:
        """Open what nobody has ever known of, once that has lasted long enough."""
        if not self._is_decided and time.monotonic() - self._unknown_since >= PATIENCE:
            self._is_decided = True
            for gate in self.gates.values():
                gate.set(None)

    async def _listen(self) -> None:
        try:
            await listen(self._url, pauses.CHANNEL, lambda _: self._woken.set(), name="orderfleet pauses")
        except Exception as error:  # noqa: BLE001 - what is not heard is found by looking
            log.warning("pauses may be learnt late", error=describe(error))
