"""A small room with everything the runtime offers, for tests of the runtime itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import OrderMessage
from messages.post.envelope import Envelope, enclose
from messages.post.topology import LADDER, Rung, Topology, topology
from ops.topology import declare
from tests.support.waiting import eventually
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.lifecycle import Stop
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.waiting import Waiting
from workers.runtime.worker import Worker

SCHEMA = """
    CREATE TABLE effect (order_id uuid NOT NULL, what text NOT NULL, xid bigint NOT NULL DEFAULT txid_current());
    CREATE TABLE due (order_id uuid PRIMARY KEY)
"""
EFFECT = text("INSERT INTO effect (order_id, what) SELECT unnest(cast(:ids AS uuid[])), :what")


class Ping(OrderMessage, frozen=True, kw_only=True, tag="toy.ping"):
    word: str = ""


class Pong(OrderMessage, frozen=True, kw_only=True, tag="toy.pong"):
    word: str = ""


Hook = Callable[[Ping], None]


def toy(hook: Hook = lambda _: None, ladder: tuple[Rung, ...] = LADDER[:1]) -> Room:
    """Make a room that writes an effect for each ping and answers with a pong; ``hook`` may raise for a message."""
    room = Room("Toy", ladder=ladder)

    @room.on
    async def answer(pings: Batch[Ping], tx: AsyncConnection) -> Sequence[Pong]:
        await tx.execute(EFFECT, {"ids": sorted(pings.subjects), "what": "ping"})
        for ping in pings:
            hook(ping)
        return [Pong(order_id=ping.order_id, word=ping.word) for ping in pings]

    return room


def listener() -> Room:
    """Make a second room that hears the same ping and every pong."""
    room = Room("Other", ladder=LADDER[:1])

    @room.on
    async def hear_ping(pings: Batch[Ping], tx: AsyncConnection) -> None:
        await tx.execute(EFFECT, {"ids": sorted(pings.subjects), "what": "other ping"})

    @room.on
    async def hear_pong(pongs: Batch[Pong], tx: AsyncConnection) -> None:
        await tx.execute(EFFECT, {"ids": sorted(pongs.subjects), "what": "pong"})

    return room


async def count(database: Database, wanted: int, what: str = "ping") -> bool:
    """Tell whether there are exactly ``wanted`` effects."""
    return len(await effects(database, what)) == wanted


def ping(word: str = "", order_id: UUID | None = None) -> Envelope:
    return enclose(Ping(order_id=order_id or uuid4(), word=word), said_by="test")


def toy_topology(*rooms: Room) -> Topology:
    return topology(pair for room in rooms for pair in room.listeners)


async def prepare(database: Database, settings: Settings, *rooms: Room) -> Topology:
    """Make the toy's tables and the rooms' queues."""
    async with database.transaction() as tx:
        for statement in SCHEMA.split(";"):
            await tx.execute(text(statement))
    made = toy_topology(*rooms)
    await declare(settings, made)
    return made


@asynccontextmanager
async def working(room: Room, settings: Settings, made: Topology) -> AsyncIterator[Worker]:
    """Run a worker of ``room`` in this process while the block runs, and stop it in the regular way."""
    worker, stop = Worker(room, settings, heard=made.heard), Stop()
    task = asyncio.create_task(worker.work(stop))
    try:
        yield worker
    finally:
        stop.request("the test is over")
        await asyncio.wait_for(task, timeout=40)


async def waiting_for(worker: Worker, queue: str = "Toy_Ping") -> Waiting:
    """Wait until a queue of a worker waits for something, and return what for."""
    found = await eventually(lambda: worker.waits().get(queue), what=f"{queue} to wait")
    assert found is not None
    return found


async def effects(database: Database, what: str = "ping") -> list[UUID]:
    """Return the orders that an effect was written for, as often as it was."""
    async with database.transaction() as tx:
        rows = await tx.execute(text("SELECT order_id FROM effect WHERE what = :what"), {"what": what})
        return [row.order_id for row in rows]
