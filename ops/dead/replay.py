"""Sending letters again, carefully: one, then ten, then the rest, unless one of the first does not go well."""

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import msgspec

from messages.post.envelope import Envelope
from ops.dead.desk import BITE, Desk
from ops.dead.offices import Offices
from ops.dead.results import BAD, Outcome, Result
from ops.dead.watching import Watch
from workers.dead import views
from workers.dead.store import Signed

CANARY = (1, 10)


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How to replay. With ``waits`` the last ones are watched too, although nothing depends on them."""

    canary: bool = True
    rate: float | None = None
    """The most letters to send in a second."""
    patience: float = 15
    """How long a message may take to be handled before it counts as not handled, in seconds."""
    waits: bool = False


class Replay:
    """Replays letters in stages; ``tell`` hears of each stage as it ends."""

    def __init__(
        self,
        offices: Offices,
        signed: Signed,
        manner: Manner,
        tell: Callable[[Sequence[Result]], None] = lambda _: None,
    ) -> None:
        self._offices = offices
        self._desk = Desk(offices)
        self._watch = Watch(offices)
        self._signed = signed
        self._manner = manner
        self._tell = tell
        self._sent_any = False

    async def run(self, ids: Sequence[UUID]) -> list[Result]:
        """Replay letters in this order, and return what became of each."""
        left = list(dict.fromkeys(ids))
        results: list[Result] = []
        for size in _stages(canary=self._manner.canary):
            stage, left = await self._stage(left, size)
            self._tell(stage)
            results += stage
            if any(each.outcome in BAD for each in stage):
                kept = await self._kept(left)
                self._tell(kept)
                return results + kept
            if not left:
                break
        return results

    async def _stage(self, left: list[UUID], size: float) -> tuple[list[Result], list[UUID]]:
        """Send up to ``size`` letters, not counting those that cannot be sent, and watch them if more are to follow."""
        results: dict[UUID, Result] = {}
        envelopes: dict[UUID, Envelope] = {}
        while left and len(envelopes) < size:
            count = int(min(size - len(envelopes), self._bite))
            bite, left = left[:count], left[count:]
            if left or self._manner.waits:
                await self._watch.note(bite)
            await self._keep_to_the_rate(len(bite))
            sent = await self._desk.send(bite, self._signed)
            envelopes |= sent.envelopes
            results |= {each.id: each for each in sent.results}
        if left or self._manner.waits:
            for id_, (outcome, detail) in (await self._watch.wait(envelopes, self._manner.patience)).items():
                results[id_] = results[id_].but(outcome, detail)
        return list(results.values()), left

    @property
    def _bite(self) -> int:
        return BITE if self._manner.rate is None else max(1, min(BITE, int(self._manner.rate)))

    async def _keep_to_the_rate(self, count: int) -> None:
        if self._manner.rate is not None and self._sent_any:
            await asyncio.sleep(count / self._manner.rate)
        self._sent_any = True

    async def _kept(self, ids: Sequence[UUID]) -> list[Result]:
        async with self._offices.operations() as tx:
            letters = await views.letters(tx, ids)
        why = "not sent, because one before it did not go well"
        return [
            Result(id=each.id, message_id=each.message_id, order_id=each.subject, outcome=Outcome.KEPT, detail=why)
            for each in letters
        ]


def _stages(*, canary: bool) -> Iterator[float]:
    if canary:
        yield from CANARY
    yield math.inf
