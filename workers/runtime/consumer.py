"""One queue's consumer: takes what has arrived as a set, carries it, and begins anew whenever its channel is lost."""

from asyncio import Event
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

from structlog.stdlib import get_logger

from workers.runtime import metrics
from workers.runtime.broker import Link
from workers.runtime.delivery import Delivery
from workers.runtime.gate import Gate
from workers.runtime.intake import Intake
from workers.runtime.patience import Patience
from workers.runtime.tasks import doing, either
from workers.runtime.verdict import Outage, describe, where
from workers.runtime.waiting import QUEUE, Waiting, for_end_of

log = get_logger(__name__)

ROUNDS = 3


class Carries(Protocol):
    """What brings deliveries to their end, and acknowledges them."""

    async def carry(self, deliveries: Sequence[Delivery], intake: Intake) -> None:
        """Carry a set; raises Outage when nothing can be handled now."""
        ...

    async def carry_apart(self, deliveries: Sequence[Delivery], intake: Intake) -> None:
        """Carry each alone, and take what looks like an outage for its own failure."""
        ...


class Consumer:
    """Consumes one queue until told to stop, and then until it has finished what it holds."""

    def __init__(
        self,
        queue: str,
        link: Link,
        passage: Carries,
        patience: Patience,
        *,
        batch_size: int,
        prefetch: int,
        only_moves: bool = False,
        gate: Gate | None = None,
    ) -> None:
        self.queue = self.name = queue
        self._link = link
        self._passage = passage
        self._patience = patience
        self._batch_size = batch_size
        self._prefetch = prefetch
        self._only_moves = only_moves
        self._intake: Intake | None = None
        self._gate = gate or Gate()
        self._outage: Waiting | None = None
        self._trouble: Waiting | None = None
        self._stopping = Event()

    @property
    def is_well(self) -> bool:
        """Whether it consumes, or has a reason not to that will pass."""
        return self.is_consuming or not self._gate.is_open or self._outage is not None or self._stopping.is_set()

    @property
    def is_ready(self) -> bool:
        """Whether it does what it is wanted to: consume, or leave a paused queue alone."""
        return self.is_consuming or self._gate.waiting is not None

    @property
    def waiting(self) -> Waiting | None:
        """Why it does not work, if it does not."""
        if wanted := self._gate.waiting or self._outage:
            return wanted
        return None if self.is_consuming else self._link.waiting or self._trouble

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
                await either(self._gate.opened(), self._stopping.wait())
                if not self._stopping.is_set():
                    await self._session()
            except Exception as error:  # noqa: BLE001 - a consumer ends when it is told to, not before
                log.warning("consumer interrupted", queue=self.queue, error=describe(error), where=where(error))
                since = self._trouble.since if self._trouble else datetime.now(UTC)
                self._trouble = Waiting(what=QUEUE, since=since, error=describe(error))
                await self._patience.pause(1)

    async def stop(self) -> None:
        """Receive nothing more; ``run`` returns when everything taken so far is settled."""
        self._stopping.set()
        self._patience.end()
        if self._intake is not None:
            with suppress(Exception):
                await self._intake.stop_receiving()

    async def _session(self) -> None:
        channel = await self._link.channel()
        intake = Intake(channel, self.queue, self._prefetch, only_moves=self._only_moves)
        try:
            await intake.start()
            self._intake, self._trouble = intake, None
            if self._stopping.is_set():
                await intake.stop_receiving()
            async with doing(self._leave_when_shut(intake)):
                while deliveries := await intake.take(self._batch_size):
                    await self._carry(deliveries, intake)
        finally:
            self._intake = None
            with suppress(Exception):
                await intake.close()

    async def _leave_when_shut(self, intake: Intake) -> None:
        """Finish what has arrived, and receive no more: who only sits on messages has them taken away."""
        await self._gate.shut()
        with suppress(Exception):
            await intake.stop_receiving()

    async def _carry(self, deliveries: list[Delivery], intake: Intake) -> None:
        """Carry a set, waiting out an outage. One that ends and begins again with this set is no outage, but in it."""
        try:
            with metrics.SECONDS.labels(self.queue).time():
                for rounds in count():
                    if intake.lost or await self._try(deliveries, intake, apart=rounds >= ROUNDS):
                        return
        finally:
            self._outage = None

    async def _try(self, deliveries: list[Delivery], intake: Intake, *, apart: bool) -> bool:
        carry = self._passage.carry_apart if apart else self._passage.carry
        try:
            await carry(deliveries, intake)
        except Outage as outage:
            await self._wait_out(outage, intake)
            return False
        return True

    async def _wait_out(self, outage: Outage, intake: Intake) -> None:
        """Hold on to what was taken for a while, then give everything back to the queue and wait."""
        log.warning("waiting for the end of an outage", queue=self.queue, error=describe(outage))
        since = self._outage.since if self._outage else datetime.now(UTC)
        self._outage = for_end_of(outage, since=since)
        with metrics.WAITING.labels(self.queue).track_inprogress():
            if await self._patience.for_a_while():
                return
            await intake.close()
            await self._patience.until_it_ends()
        if self._stopping.is_set():
            raise outage
