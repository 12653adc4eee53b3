"""From messages to receipts: the business rows, the receipt and the replies, in one transaction for a whole set.

A set is assumed fresh, and the receipts' key proves it. When it does not hold, those that were handled before are
looked up and the rest is tried again; when the set fails, every message is handled alone, so that one bad message never
stops its neighbours.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Message
from messages.post import receipts
from messages.post.envelope import Envelope, enclose
from messages.post.receipts import Receipt
from workers.runtime.batch import Batch, Outcome, Outside
from workers.runtime.database import Database, is_transient
from workers.runtime.delivery import Letter
from workers.runtime.errands import carry_out, raise_if_outage
from workers.runtime.handler import Handler, Steps
from workers.runtime.settings import Settings
from workers.runtime.verdict import is_last

Result = Receipt | Exception
Results = dict[UUID, Result]


class Handling:
    """Handles sets of one queue's messages. Results are keyed by message id."""

    def __init__(
        self, handler: Handler, database: Database, settings: Settings, outside: Outside | None = None
    ) -> None:
        self._handler = handler
        self._database = database
        self._settings = settings
        self._outside = outside
        self._said_by = handler.queue.partition("_")[0].lower()

    async def handle(self, letters: Sequence[Letter]) -> Results:
        """Return for each message its receipt, or why it could not be handled.

        Raises:
            Outage: when nothing can be handled now.
        """
        found = await self._find([letter for letter in letters if letter.delivery.came_before])
        return {**found, **await self._fresh(_without(letters, found))}

    async def _fresh(self, letters: list[Letter], *, again: bool = False) -> Results:
        if not letters:
            return {}
        if self._handler.single and len(letters) > 1:
            return await self._one_by_one(letters)
        try:
            return await self._together(letters)
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes somebody's result
            raise_if_outage(error)
            return await self._after(error, letters, again=again)

    async def _after(self, error: Exception, letters: list[Letter], *, again: bool) -> Results:
        if receipts.is_conflict(error) and (found := await self._find(letters)):
            return {**found, **await self._fresh(_without(letters, found))}
        if is_transient(error) and not again:
            return await self._fresh(letters, again=True)
        if len(letters) > 1:
            return await self._one_by_one(letters)
        return {letters[0].envelope.message_id: error}

    async def _one_by_one(self, letters: list[Letter]) -> Results:
        results: Results = {}
        for letter in letters:
            results |= await self._fresh([letter])
        return results

    async def _together(self, letters: list[Letter]) -> Results:
        if self._handler.steps:
            return await self._by_errands(letters, self._handler.steps)
        async with self._database.transaction() as tx:
            argument = letters[0].message if self._handler.single else _batch(letters)
            said = await self._handler.work(argument, tx, self._settings)
            return await self._record(tx, letters, said)

    async def _by_errands(self, letters: list[Letter], steps: Steps) -> Results:
        """Prepare in a transaction, call outside of any, settle in another."""
        async with self._database.transaction() as tx:
            errands = await self._handler.work(_batch(letters), tx, self._settings)
        last = {x.envelope.subject for x in letters if is_last(x.envelope.attempt, self._handler.ladder)}
        answers = await carry_out(steps, errands, self._outside, last)
        settled = [letter for letter in letters if letter.envelope.subject not in answers.errors]
        async with self._database.transaction() as tx:
            outcomes = _outcomes(answers.outcomes, letters)
            said = await steps.settle(outcomes, tx, self._settings) if outcomes else None
            results = await self._record(tx, settled, said)
        if answers.outage:  # what was answered is settled, and found again when the set is
            raise answers.outage
        failed = (letter.envelope for letter in letters if letter.envelope.subject in answers.errors)
        return {**results, **{envelope.message_id: answers.errors[envelope.subject] for envelope in failed}}

    async def _record(
        self, tx: AsyncConnection, letters: list[Letter], said: Message | Sequence[Message] | None
    ) -> Results:
        causes = {letter.envelope.subject: letter.envelope for letter in letters}
        replies: dict[UUID, list[Envelope]] = {subject: [] for subject in causes}
        for message in (said,) if isinstance(said, Message) else said or ():
            self._require_announced(message, causes)
            replies[message.subject].append(enclose(message, said_by=self._said_by, cause=causes[message.subject]))
        written = [Receipt(message=x.envelope, replies=tuple(replies[x.envelope.subject])) for x in letters]
        await receipts.record(tx, self._handler.queue, written)
        return {receipt.message.message_id: receipt for receipt in written}

    def _require_announced(self, message: Message, causes: dict[UUID, Envelope]) -> None:
        if type(message) not in self._handler.may_announce:
            raise TypeError(f"{self._handler.queue} may not announce {message.type()}")
        if message.subject not in causes:
            raise LookupError(f"{self._handler.queue} said {message.type()} about a subject it was not asked about")

    async def _find(self, letters: list[Letter]) -> Results:
        if not letters:
            return {}
        by_id = {letter.envelope.message_id: letter.envelope for letter in letters}
        try:
            async with self._database.transaction() as tx:
                found = await receipts.find(tx, self._handler.queue, sorted(by_id))
        except Exception as error:
            raise_if_outage(error)
            raise
        return {id_: Receipt(message=by_id[id_], replies=replies) for id_, replies in found.items()}


def _without(letters: Sequence[Letter], found: Results) -> list[Letter]:
    return [letter for letter in letters if letter.envelope.message_id not in found]


def _batch(letters: Sequence[Letter]) -> Batch[Message]:
    envelopes = [letter.envelope for letter in letters]
    return Batch((x.message for x in letters), (x.message_id for x in envelopes), (x.causation_id for x in envelopes))


def _outcomes(outcomes: Sequence[Outcome], letters: Sequence[Letter]) -> Batch[Outcome]:
    by_subject = {letter.envelope.subject: letter.envelope.message_id for letter in letters}
    return Batch(outcomes, (by_subject[outcome.subject] for outcome in outcomes))
