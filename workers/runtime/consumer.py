"""One queue's consumer: takes what has arrived as a set, carries it, and begins anew whenever its channel is lost."""

import asyncio
from contextlib import suppress

from structlog.stdlib import get_logger

from workers.runtime import metrics
from workers.runtime.broker import Link
from workers.runtime.delivery import Delivery
from workers.runtime.intake import Intake
from workers.runtime.passage import Passage
from workers.runtime.patience import Patience
from workers.runtime.verdict import Outage, describe, where

log = get_logger(__name__)

ROUNDS = 3


class Consumer:
    """Consumes one queue until told to stop, and then until it has finished what it holds."""

    def __init__(
        self, queue: str, link: Link, passage: Passage, patience: Patience, *, batch_size: int, prefetch: int
    ) -> None:
        self.queue = self.name = queue
        self._link = link
        self._passage = passage
        self._patience = patience
        self._batch_size = batch_size
        self._prefetch = prefetch
        self._intake: Intake | None = None
        self._is_waiting = False
        self._stopping = asyncio.Event()

    @property
    def is_well(self) -> bool:
        """Whether it consumes, or has a reason not to that will pass."""
        return self.is_consuming or self._is_waiting or self._stopping.is_set()

    @property
    def holds_anything(self) -> bool:
        """Whether there is something to finish before the end."""
        return self._intake is not None

    @property
    def is_consuming(self) -> bool:
        """Whether messages of the queue can arrive here."""
        return self._intake is not None and not self._intake.lost

    async def run(self) -> None:
        """Consume; whatever goes wrong with the channel or its set-up, the next one starts afresh."""
        while not self._stopping.is_set():
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - a consumer ends when it is told to, not before
                log.warning("consumer interrupted", queue=self.queue, error=describe(error), where=where(error))
                await self._patience.pause(1)

    async def stop(self) -> None:
        """Receive nothing more; ``run`` returns when everything taken so far is settled."""
        self._stopping.set()
        self._patience.end()
        if self._intake is not None:
            with suppress(Exception):
                await self._intake.stop_receiving()

    async def _session(self) -> None:
        intake = Intake(await self._link.channel(), self.queue, self._prefetch)
        try:
            await intake.start()
            self._intake = intake
            if self._stopping.is_set():
                await intake.stop_receiving()
            while deliveries := await intake.take(self._batch_size):
                await self._carry(deliveries, intake)
        finally:
            self._intake = None
            with suppress(Exception):
                await intake.close()

    async def _carry(self, deliveries: list[Delivery], intake: Intake) -> None:
        """Carry a set, waiting out an outage. One that ends and begins again with this set is no outage, but in it."""
        with metrics.SECONDS.labels(self.queue).time():
            for _ in range(ROUNDS):
                if intake.lost:
                    return
                try:
                    await self._passage.carry(deliveries, intake)
                except Outage as outage:
                    await self._wait_out(outage, intake)
                else:
                    return
            await self._passage.carry_apart(deliveries, intake)

    async def _wait_out(self, outage: Outage, intake: Intake) -> None:
        """Hold on to what was taken for a while, then give everything back to the queue and wait."""
        log.warning("waiting for the end of an outage", queue=self.queue, error=describe(outage))
        self._is_waiting = True
        try:
            with metrics.WAITING.labels(self.queue).track_inprogress():
                if await self._patience.for_a_while():
                    return
                await intake.close()
                await self._patience.until_it_ends()
        finally:
            self._is_waiting = False
        if self._stopping.is_set():
            raise outage
