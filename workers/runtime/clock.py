"""A room's timers: work that is due by the clock, a bite at a time, until nothing is due."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from structlog.stdlib import get_logger

from messages import Message
from messages.post import outbox
from messages.post.envelope import enclose
from workers.runtime.batch import Batch, Outcome, Outside
from workers.runtime.database import Database, is_transient
from workers.runtime.errands import carry_out, raise_if_outage
from workers.runtime.handler import Steps, Timer
from workers.runtime.patience import Patience
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage, describe, where
from workers.runtime.waiting import Waiting, for_end_of

log = get_logger(__name__)


class Clock:
    """Runs one timer until told to stop. Its processes share the work: each takes rows that no other holds."""

    def __init__(
        self,
        timer: Timer,
        database: Database,
        settings: Settings,
        patience: Patience,
        *,
        said_by: str,
        outside: Outside | None = None,
    ) -> None:
        self.name = timer.name
        self._timer = timer
        self._database = database
        self._settings = settings
        self._patience = patience
        self._said_by = said_by
        self._outside = outside
        self._stopping = False
        self.waiting: Waiting | None = None
        """Why it does not tick, if it does not."""

    def stop(self) -> None:
        """End after the bite that is under way."""
        self._stopping = True
        self._patience.end()

    async def run(self) -> None:
        """Tick until stopped; an error costs a tick, never the timer."""
        while not self._stopping:
            if not await self._safe_tick():
                await self._patience.pause(self._timer.seconds)

    async def tick(self) -> bool:
        """Do one bite of what is due; return whether there may be more.

        Raises:
            Outage: when the database, or what the errands need, cannot be reached.
        """
        try:
            return await self._bite()
        except Exception as error:
            raise_if_outage(error)
            raise

    async def _safe_tick(self) -> bool:
        concerned = {"room": self._said_by, "timer": self._timer.name}
        try:
            return await self.tick()
        except Outage as outage:
            log.warning("timer waits for the end of an outage", error=describe(outage), **concerned)
            self.waiting = for_end_of(outage)
            await self._patience.until_it_ends()
            self.waiting = None
        except Exception as error:  # noqa: BLE001 - a timer ends when it is told to, not before
            log.error("timer failed", error=describe(error), where=where(error), **concerned)  # noqa: TRY400
        return False

    async def _bite(self) -> bool:
        async with self._database.transaction() as tx:
            due: Sequence[Any] = await self._timer.work(tx, self._settings.batch_size, self._settings) or ()
            if self._timer.steps is None:
                await self._announce(tx, due)
        if self._timer.steps is not None and due:
            await self._run_errands(due)
        return len(due) >= self._settings.batch_size

    async def _run_errands(self, errands: Sequence[Any]) -> None:
        steps = self._timer.steps
        assert steps is not None  # noqa: S101 - the caller asked
        answers = await carry_out(steps, errands, self._outside)
        if answers.outcomes:  # also in an outage: what was done must not be done again
            self._warn("answers could not be settled", await self._settle(steps, answers.outcomes))
        if answers.outage:
            raise answers.outage
        self._warn("errands failed, left for a later tick", answers.errors)

    async def _settle(self, steps: Steps, outcomes: list[Outcome], *, again: bool = False) -> dict[UUID, Exception]:
        """Settle a set, each alone if it cannot be settled together; return by subject what went wrong."""
        try:
            async with self._database.transaction() as tx:
                await self._announce(tx, await steps.settle(Batch(outcomes), tx, self._settings) or ())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about one of them
            raise_if_outage(error)
            if is_transient(error) and not again:
                return await self._settle(steps, outcomes, again=True)
            if len(outcomes) == 1:
                return {outcomes[0].subject: error}
        else:
            return {}
        errors: dict[UUID, Exception] = {}
        for outcome in outcomes:
            errors |= await self._settle(steps, [outcome])
        return errors

    def _warn(self, what: str, errors: Mapping[UUID, Exception]) -> None:
        if errors:
            subject, error = next(iter(errors.items()))
            log.warning(
                what,
                room=self._said_by,
                timer=self._timer.name,
                count=len(errors),
                subject=str(subject),
                error=describe(error),
                where=where(error),
            )

    async def _announce(self, tx: Any, said: Sequence[Message]) -> None:
        await outbox.put(tx, [enclose(message, said_by=self._said_by) for message in said])
