"""One look at the whole fleet."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post import failures
from messages.post.topology import LADDER, UNROUTED_QUEUE, dead_queue
from ops.survey.asking import Told, ask
from ops.survey.management import Depth, Management, Unanswered
from ops.survey.views import FleetView, PauseView, ProcessView, QueueView, RungView, WaitView
from workers.fleet import ROOMS
from workers.runtime import pauses, processes
from workers.runtime.pauses import Pause
from workers.runtime.processes import Seen
from workers.runtime.settings import OPERATIONS, Settings
from workers.runtime.settings import ROOMS as HOMES

Transactions = Callable[[str], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a transaction on the database of a room, or of the operations."""

SILENT_FOR = 5.0  # announcements that were missed
_LETTERS = text("SELECT queue, count(*) AS letters FROM operations.dead_letter WHERE status = 'dead' GROUP BY queue")
QUEUES = tuple(sorted(queue for room in ROOMS.values() for queue, _ in room.listeners))
"""Every queue of work."""


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What the operations' database knows."""

    processes: Sequence[Seen]
    paused: Mapping[str, Pause]
    letters: Mapping[str, int]


class Survey:
    """Looks at a fleet: at RabbitMQ's management API, and at every database."""

    def __init__(self, transaction: Transactions, settings: Settings) -> None:
        self._transaction = transaction
        self._settings = settings
        self._management = Management(settings)

    async def look(self) -> FleetView:
        """Tell what is known now; it takes seconds at most, whoever does not answer."""
        broker, books, retrying = await asyncio.gather(
            self._ask_broker(),
            ask(self._read(), of="the operations' database"),
            ask(self._retrying(), of="a room's database"),
        )
        problems = [told.problem for told in (broker, books, retrying) if told.problem]
        return FleetView(
            at=datetime.now(UTC),
            status="degraded" if problems else "up",
            problems=problems,
            queues=_queues(broker.answer, books.answer, retrying.answer),
            rungs=_rungs(broker.answer),
            processes=self._processes(books.answer),
        )

    async def close(self) -> None:
        """Hang up."""
        await self._management.close()

    async def _ask_broker(self) -> Told[Mapping[str, Depth]]:
        try:
            return Told(answer=await self._management.queues())
        except Unanswered as error:
            return Told(problem=str(error))

    async def _read(self) -> Books:
        async with self._transaction(OPERATIONS) as tx:
            return Books(
                processes=await processes.present(tx),
                paused=await pauses.paused(tx),
                letters={row.queue: row.letters for row in await tx.execute(_LETTERS)},
            )

    async def _retrying(self) -> Mapping[str, int]:
        """Ask every database once: each keeps the failures of the rooms that live there."""
        found: dict[str, int] = {}
        for room in {self._settings.room_database_url(room): room for room in HOMES}.values():
            async with self._transaction(room) as tx:
                found |= await failures.retrying(tx)
        return found

    def _processes(self, books: Books | None) -> list[ProcessView]:
        silence = SILENT_FOR * self._settings.presence_seconds
        return [_process(seen, silence) for seen in books.processes] if books else []


def _queues(
    broker: Mapping[str, Depth] | None, books: Books | None, retrying: Mapping[str, int] | None
) -> list[QueueView]:
    """Tell of every queue of work, and of others that have letters: their messages had nowhere to go."""
    letters = books.letters if books else {}
    unrouted = broker[UNROUTED_QUEUE].messages if broker and UNROUTED_QUEUE in broker else 0
    others = sorted({*letters, *([UNROUTED_QUEUE] if unrouted else [])} - {*QUEUES})
    return [_queue(name, broker, books, retrying) for name in (*QUEUES, *others)]


def _queue(
    name: str, broker: Mapping[str, Depth] | None, books: Books | None, retrying: Mapping[str, int] | None
) -> QueueView:
    depth = broker.get(name, Depth(name=name)) if broker is not None else None
    pause = books.paused.get(name) if books else None
    return QueueView(
        name=name,
        room=name.partition("_")[0].lower() if name in QUEUES else "",
        ready=depth.messages_ready if depth else None,
        unacked=depth.messages_unacknowledged if depth else None,
        rate=depth.rate if depth else None,
        consumers=depth.consumers if depth else None,
        retrying=retrying.get(name, 0) if retrying is not None else None,
        dead=_dead(name, broker, books),
        paused=pause is not None if books else None,
        pause=PauseView(by=pause.by, why=pause.why, since=pause.since) if pause else None,
    )


def _dead(name: str, broker: Mapping[str, Depth] | None, books: Books | None) -> int | None:
    """Count the letters in the table, and those that are not there yet."""
    if broker is None or books is None:
        return None
    holder = UNROUTED_QUEUE if name == UNROUTED_QUEUE else dead_queue(name)
    on_their_way = broker[holder].messages if holder in broker else 0
    return books.letters.get(name, 0) + on_their_way


def _rungs(broker: Mapping[str, Depth] | None) -> list[RungView]:
    def messages(name: str) -> int | None:
        return None if broker is None else broker[name].messages if name in broker else 0

    return [RungView(name=rung.name, seconds=rung.seconds, messages=messages(rung.name)) for rung in LADDER]


def _process(seen: Seen, silence: float) -> ProcessView:
    process = seen.process
    return ProcessView(
        room=process.room,
        pid=process.pid,
        host=process.host,
        started=process.started_at,
        busy=process.busy,
        memory=process.memory,
        seen=seen.seen_at,
        gone=seen.silent_seconds > silence,
        waiting=[
            WaitView(part=part, what=wait.what, since=wait.since, error=wait.error, by=wait.by, why=wait.why)
            for part, wait in sorted(process.waiting.items())
        ],
    )
