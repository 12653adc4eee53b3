"""The desk at which letters are dealt with: each change in one transaction with the note of who did it, and why."""

from collections.abc import Sequence
from uuid import UUID

from messages.post import outbox
from messages.post.envelope import Envelope
from ops.dead.addressing import Unsendable, envelope, require_json
from ops.dead.offices import Offices
from ops.dead.results import Outcome, Result, result
from workers.dead import store, views
from workers.dead.store import Signed
from workers.dead.views import Letter

BITE = 500
"""So many letters in one transaction."""


class Sent:
    """A set of letters that were sent, and their envelopes."""

    def __init__(self, envelopes: dict[UUID, Envelope], results: list[Result]) -> None:
        self.envelopes = envelopes
        self.results = results


class Desk:
    """Sends, drops, edits and notes."""

    def __init__(self, offices: Offices) -> None:
        self._offices = offices

    async def send(self, ids: Sequence[UUID], signed: Signed) -> Sent:
        """Send letters to their queues again; those that nobody can send, or somebody has sent, stay as they are."""
        envelopes: dict[UUID, Envelope] = {}
        results: dict[UUID, Result] = {}
        async with self._offices.operations() as tx:
            for letter in await store.claim(tx, ids):
                try:
                    envelopes[letter.id] = sent = envelope(letter, self._offices.settings)
                    results[letter.id] = result(letter, Outcome.REPLAYED, sent)
                except Unsendable as error:
                    results[letter.id] = result(letter, Outcome.REFUSED, detail=str(error))
            if envelopes:
                await outbox.put(tx, list(envelopes.values()))
                await store.replayed(tx, list(envelopes), signed)
        return Sent(envelopes, await self._in_order(ids, results))

    async def drop(self, ids: Sequence[UUID], signed: Signed) -> list[Result]:
        """Give letters up for good; many of them a bite at a time."""
        results: list[Result] = []
        for start in range(0, len(ids), BITE):
            results += await self._drop(ids[start : start + BITE], signed)
        return results

    async def _drop(self, ids: Sequence[UUID], signed: Signed) -> list[Result]:
        async with self._offices.operations() as tx:
            claimed = await store.claim(tx, ids)
            await store.dropped(tx, [letter.id for letter in claimed], signed)
        return await self._in_order(ids, {letter.id: result(letter, Outcome.DROPPED) for letter in claimed})

    async def edit(self, id_: UUID, body: bytes, signed: Signed) -> bool:
        """Change what a letter says; return whether it is dead still.

        Raises:
            Unsendable: when the body could not be sent.
        """
        require_json(body)
        async with self._offices.operations() as tx:
            return await store.edit(tx, id_, body, signed)

    async def note(self, id_: UUID, signed: Signed) -> bool:
        """Write something about a letter; return whether there is such a letter."""
        async with self._offices.operations() as tx:
            if await views.get(tx, id_) is None:
                return False
            await store.note(tx, id_, signed)
        return True

    async def _in_order(self, ids: Sequence[UUID], results: dict[UUID, Result]) -> list[Result]:
        """Return a result for each letter, in the order in which they were asked for."""
        if missing := [id_ for id_ in ids if id_ not in results]:
            async with self._offices.operations() as tx:
                others = {letter.id: letter for letter in await views.letters(tx, missing)}
            results |= {id_: _settled(letter) for id_, letter in others.items()}
        return [results[id_] for id_ in ids if id_ in results]


def _settled(letter: Letter) -> Result:
    return result(letter, Outcome.NOT_DEAD, detail=f"it was {letter.status} before")
