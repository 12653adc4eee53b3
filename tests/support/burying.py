"""The dead room in a test: letters in dead queues, and a worker that moves them in this process."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql
from uuid_utils.compat import uuid7

from messages.post.envelope import Envelope
from messages.post.topology import DEAD
from messages.post.wire import properties
from tests.support.broker import Broker
from tests.support.waiting import eventually
from workers.dead import store, views
from workers.dead.found import Found
from workers.dead.main import Undertaker
from workers.dead.pattern import pattern
from workers.dead.views import Letter
from workers.runtime.database import Database
from workers.runtime.lifecycle import Stop
from workers.runtime.settings import Settings


@asynccontextmanager
async def away(database: Database, url: str) -> AsyncIterator[None]:
    """Let nobody reach a database while the block runs."""
    server, _, name = url.rpartition("/")
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    await database.close()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        connection.execute(end, [name])
        try:
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


FIRST_FAILED = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
TELLING = {
    "reason": "exhausted",
    "error": "ValueError: no",
    "traceback": "workers/stock/handlers.py:31 reserve < workers/runtime/handling.py:97 _together",
    "worker": "stock@here:7",
    "host": "here",
    "first-failed-at": "2026-01-31T12:00:00.000+00:00",
    "last-failed-at": "2026-01-31T12:12:36.000+00:00",
}
"""What a worker says of a message that it gives up."""


async def bury(broker: Broker, queue: str, envelope: Envelope, **changes: Any) -> None:
    """Put a message into the dead queue of ``queue``, as a worker does."""
    headers = {**TELLING, "queue": queue, "attempt": 6, **changes}
    await broker.send_raw(bytes(envelope.body), properties(envelope, headers), exchange=DEAD, key=queue)


@asynccontextmanager
async def collecting(settings: Settings, *queues: str, of_all: Collection[str] = ()) -> AsyncIterator[Undertaker]:
    """Run the dead room, or so much of it, while the block runs."""
    worker, stop = Undertaker(settings, of_all or queues, queues), Stop()
    task = asyncio.create_task(worker.work(stop))
    try:
        yield worker
    finally:
        stop.request("the test is over")
        await asyncio.wait_for(task, timeout=40)


async def kept(database: Database, count: int, *, status: str | None = "dead") -> Sequence[Letter]:
    """Wait until so many letters are kept, and return them, the first first."""

    async def look() -> list[Letter]:
        async with database.transaction() as tx:
            found = await views.page(tx, limit=count + 1, status=status)
        return found if len(found) == count else []

    return [*reversed(await eventually(look, what=f"{count} letters", seconds=20))]


def letter(queue: str = "Stock_OrderCreated", envelope: Envelope | None = None, **changes: Any) -> Found:
    """Make a letter as the dead room writes it."""
    known = Found(
        id=uuid7(),
        fingerprint=uuid7(),
        queue=queue,
        found_in=f"{queue}.dead",
        message_id=envelope.message_id if envelope else uuid7(),
        type=envelope.type if envelope else "order.created",
        subject=envelope.subject if envelope else uuid7(),
        said_by=envelope.said_by if envelope else "gateway",
        sent_at=datetime.now(UTC),
        causation_id=envelope.causation_id if envelope else None,
        traceparent=envelope.traceparent if envelope else None,
        reason=TELLING["reason"],
        error=TELLING["error"],
        pattern=pattern(changes.get("error", TELLING["error"])),
        traceback=TELLING["traceback"],
        worker=TELLING["worker"],
        host=TELLING["host"],
        attempts=6,
        first_failed_at=FIRST_FAILED,
        last_failed_at=FIRST_FAILED + timedelta(seconds=756),
        properties='{"headers":{}}',
        body=bytes(envelope.body) if envelope else b"{}",
    )
    return msgspec.structs.replace(known, **changes)


async def write(database: Database, *letters: Found) -> list[UUID]:
    """Write letters as the dead room does, and return their ids."""
    async with database.transaction() as tx:
        await store.keep(tx, letters)
    return [each.id for each in letters]
