"""Watching what becomes of messages that were sent again: a receipt is a success, a new failure or letter is none.

Nothing here compares clocks: what counts is what was not there before.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from messages.post import failures, outbox, receipts
from messages.post.envelope import Envelope
from ops.dead.offices import Offices, room_of
from ops.dead.results import Outcome
from workers.dead import views
from workers.runtime.settings import ROOMS

LOOK_SECONDS = 0.2
QUIET_SECONDS = 1.0
"""How long a message that had a receipt before must cause no trouble, once it is out of the outbox."""

Verdict = tuple[Outcome, str | None]
Message = tuple[str, UUID, UUID]
"""A queue, a message's id, and what it is about."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one message in one queue."""

    is_handled: bool = False
    failures: int = 0
    deaths: int = 0
    error: str | None = None


class Watch:
    """Watches messages from before they are sent."""

    def __init__(self, offices: Offices) -> None:
        self._offices = offices
        self._before: dict[UUID, Standing] = {}

    async def note(self, ids: Sequence[UUID]) -> None:
        """Remember how the messages of letters stand now."""
        async with self._offices.operations() as tx:
            letters = await views.letters(tx, ids)
        known = [(each.queue, each.message_id, each.subject or each.id) for each in letters if each.message_id]
        standings = await self._standings(known)
        self._before |= standings

    async def wait(self, sent: Mapping[UUID, Envelope], patience: float) -> dict[UUID, Verdict]:
        """Return what became of letters, by their ids; whatever takes longer than ``patience`` is not handled yet."""
        deadline, verdicts, pending = time.monotonic() + patience, dict[UUID, Verdict](), dict(sent)
        left_at = dict.fromkeys(sent, float("inf"))
        while pending:
            news = await self._look(pending, left_at)
            verdicts |= news
            pending = {id_: envelope for id_, envelope in pending.items() if id_ not in news}
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(LOOK_SECONDS)
        late = (Outcome.NOT_HANDLED_YET, f"nobody has handled it within {patience:g} s")
        return {**verdicts, **dict.fromkeys(pending, late)}

    async def _look(self, pending: Mapping[UUID, Envelope], left_at: dict[UUID, float]) -> dict[UUID, Verdict]:
        standings = await self._standings(map(_message, pending.values()))
        repeated = {id_: envelope for id_, envelope in pending.items() if self._was(envelope).is_handled}
        await self._note_leaving(repeated, left_at)
        found: dict[UUID, Verdict] = {}
        for id_, envelope in pending.items():
            before, now = self._was(envelope), standings.get(envelope.message_id, Standing())
            if now.failures > before.failures or now.deaths > before.deaths:
                found[id_] = (Outcome.FAILED_AGAIN, now.error)
            elif now.is_handled and not before.is_handled:
                found[id_] = (Outcome.HANDLED, None)
            elif before.is_handled and time.monotonic() - left_at[id_] > QUIET_SECONDS:
                found[id_] = (Outcome.HANDLED, "it was handled before: its replies were sent again")
        return found

    def _was(self, envelope: Envelope) -> Standing:
        return self._before.get(envelope.message_id, Standing())

    async def _note_leaving(self, repeated: Mapping[UUID, Envelope], left_at: dict[UUID, float]) -> None:
        if not repeated:
            return
        async with self._offices.operations() as tx:
            waiting = await outbox.waiting(tx, [envelope.subject for envelope in repeated.values()])
        still_here = {each.envelope.message_id for each in waiting}
        for id_, envelope in repeated.items():
            if envelope.message_id not in still_here:
                left_at[id_] = min(left_at[id_], time.monotonic())

    async def _standings(self, messages: Iterable[Message]) -> dict[UUID, Standing]:
        by_queue: defaultdict[str, dict[UUID, UUID]] = defaultdict(dict)
        for queue, message_id, subject in messages:
            by_queue[queue][message_id] = subject
        found: dict[UUID, Standing] = {}
        for queue, subjects in by_queue.items():
            found |= await self._standings_in(queue, subjects)
        return found

    async def _standings_in(self, queue: str, subjects: Mapping[UUID, UUID]) -> dict[UUID, Standing]:
        handled: set[UUID] = set()
        failed: defaultdict[UUID, list[str]] = defaultdict(list)
        if room_of(queue) in ROOMS:
            async with self._offices.room(room_of(queue)) as tx:
                handled = set(await receipts.find(tx, queue, list(subjects)))
                for each in await failures.about(tx, sorted(set(subjects.values()))):
                    if each.consumer == queue:
                        failed[each.message_id].append(each.error)
        async with self._offices.operations() as tx:
            deaths = await views.deaths(tx, queue, list(subjects))
        return {
            id_: Standing(
                is_handled=id_ in handled,
                failures=len(failed[id_]),
                deaths=deaths[id_],
                error=failed[id_][-1] if failed[id_] else None,
            )
            for id_ in subjects
        }


def _message(envelope: Envelope) -> Message:
    return (envelope.address or "", envelope.message_id, envelope.subject)
