"""A dry run: what handling letters would do as things stand now, found out by doing it and taking it back.

The real handler works in a transaction that never commits. The outside is never asked: of a handler that would, only
what it prepares is known.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Message
from messages.post import receipts
from messages.post.envelope import Envelope
from messages.post.wire import Undecodable
from ops.dead.addressing import Unsendable, envelope, message_of
from ops.dead.offices import Offices, handler_of, room_of
from ops.dead.results import Forecast, Would
from workers.dead.views import Letter
from workers.order import views as orders
from workers.runtime.batch import Batch
from workers.runtime.database import is_outage
from workers.runtime.handler import Handler
from workers.runtime.verdict import describe

_IMPATIENT = text("SET LOCAL lock_timeout = '2s'")


class _Undo(Exception):  # noqa: N818 - says what it does
    """Ends a transaction without its commit."""


class Trial:
    """Tries letters, each by itself."""

    def __init__(self, offices: Offices) -> None:
        self._offices = offices

    async def forecast(self, letters: Sequence[Letter]) -> list[Forecast]:
        """Say for each letter what a replay would do."""
        statuses = await self._statuses([letter.subject for letter in letters if letter.subject])
        return [await self._forecast(letter, statuses) for letter in letters]

    async def _statuses(self, subjects: Sequence[UUID]) -> dict[UUID, str]:
        async with self._offices.room("order") as tx:
            return {id_: str(status) for id_, status in (await orders.statuses(tx, subjects)).items()}

    async def _forecast(self, letter: Letter, statuses: dict[UUID, str]) -> Forecast:
        told = Forecast(
            id=letter.id,
            message_id=letter.message_id,
            order_id=letter.subject,
            order_status=statuses.get(letter.subject) if letter.subject else None,
            would=Would.RETURN,
        )
        try:
            sent = envelope(letter, self._offices.settings)
        except Unsendable as error:
            return _but(told, would=Would.REFUSE, error=str(error))
        if letter.subject != sent.subject:
            told = _but(
                told, order_id=sent.subject, order_status=(await self._statuses([sent.subject])).get(sent.subject)
            )
        handler = handler_of(letter.queue)
        if handler is None:
            return _but(told, error=f"no room has the queue {letter.queue}: it would come back")
        return await self._try(told, handler, sent)

    async def _try(self, told: Forecast, handler: Handler, sent: Envelope) -> Forecast:
        try:
            message = message_of(handler, sent)
            if replies := await self._replies(handler, sent):
                return _but(told, would=Would.REPEAT, announces=[reply.type for reply in replies[0]])
            returned = await self._rehearse(handler, message, sent)
        except Undecodable as error:
            return _but(told, would=Would.FAIL, error=str(error))
        except Exception as error:
            if is_outage(error):
                raise
            return _but(told, would=Would.FAIL, error=describe(error))
        if handler.steps and returned:
            return _but(told, would=Would.ASK, asks=[_asked(errand) for errand in returned])
        said = [] if handler.steps else [returned] if isinstance(returned, Message) else list(returned or ())
        return _but(told, would=Would.HANDLE, announces=[message.type() for message in said])

    async def _replies(self, handler: Handler, sent: Envelope) -> list[tuple[Envelope, ...]]:
        """Return the replies of a message that was handled already, in a list of one."""
        async with self._offices.room(room_of(handler.queue)) as tx:
            return list((await receipts.find(tx, handler.queue, [sent.message_id])).values())

    async def _rehearse(self, handler: Handler, message: Message, sent: Envelope) -> Any:
        argument = message if handler.single else Batch([message], [sent.message_id], [sent.causation_id])
        async with self._undone(room_of(handler.queue)) as tx:
            await tx.execute(_IMPATIENT)
            return await handler.work(argument, tx, self._offices.settings)

    @asynccontextmanager
    async def _undone(self, room: str) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is taken back at the end of the block."""
        with suppress(_Undo):
            async with self._offices.room(room) as tx:
                yield tx
                raise _Undo


def _asked(errand: Any) -> dict[str, Any]:
    """Tell what an errand says, and what it holds, as one flat list of facts."""
    facts: dict[str, Any] = {"ask": type(errand).__name__}
    for name, value in msgspec.to_builtins(errand).items():
        facts |= value if isinstance(value, dict) else {name: value}
    return {name: value for name, value in facts.items() if value is not None}


def _but(told: Forecast, **changes: Any) -> Forecast:
    return msgspec.structs.replace(told, **changes)
