"""Timers: what is due is done in bites, by one process each, and what it announces stands in the outbox."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post import outbox
from messages.post.envelope import Envelope
from tests.support.toy import SCHEMA, Pong
from workers.runtime.batch import Batch, Errand, Outcome, Outside
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.patience import Patience
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

_TAKE = text("""
    DELETE FROM due WHERE order_id IN (SELECT order_id FROM due ORDER BY order_id LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING order_id
""")


def clock(database: Database, settings: Settings, *, fail: bool = False) -> Clock:
    room = Room("Toy")

    @room.every(0.01)
    async def take_due(tx: AsyncConnection, limit: int) -> Sequence[Pong]:
        rows = (await tx.execute(_TAKE, {"limit": limit})).all()
        if fail:
            raise RuntimeError("not this time")
        return [Pong(order_id=row.order_id) for row in rows]

    return Clock(room.timers["take_due"], database, settings, Patience(database.probe), said_by="toy")


async def fill(database: Database, number: int) -> None:
    async with database.transaction() as tx:
        for statement in SCHEMA.split(";"):
            await tx.execute(text(statement))
        await tx.execute(
            text("INSERT INTO due SELECT unnest(cast(:ids AS uuid[]))"), {"ids": [uuid4() for _ in range(number)]}
        )


async def test_two_processes_share_what_is_due_and_announce_each_thing_once(
    database: Database, settings: Settings
) -> None:
    await fill(database, 95)
    small = msgspec.structs.replace(settings, batch_size=10)
    clocks = [clock(database, small), clock(database, small)]
    while any(await asyncio.gather(*(clock.tick() for clock in clocks))):
        pass
    async with database.transaction() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM due"))).scalar_one() == 0
        waiting = await outbox.lease(tx, limit=200, seconds=1)
    assert len({row.subject for row in waiting.values() if isinstance(row, Envelope)}) == len(waiting) == 95


async def test_what_fails_stays_due_and_announces_nothing(database: Database, settings: Settings) -> None:
    await fill(database, 3)
    timer = clock(database, settings, fail=True)
    running = asyncio.create_task(timer.run())
    await asyncio.sleep(0.1)
    timer.stop()
    await asyncio.wait_for(running, timeout=5)
    async with database.transaction() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM due"))).scalar_one() == 3
        assert not await outbox.lease(tx, limit=10, seconds=1)


class Send(Errand, frozen=True, kw_only=True):
    pass


class Sent(Outcome, frozen=True, kw_only=True):
    pass


class Server(Outside):
    """Takes what it is given; with ``most`` no more than that, and is gone then."""

    def __init__(self, most: int = 100) -> None:
        self.most = most
        self.taken: list[UUID] = []

    async def take(self, subject: UUID) -> None:
        if len(self.taken) == self.most:
            raise Outage("the server is gone")
        self.taken.append(subject)


Spoil = Callable[[list[UUID], AsyncConnection], Coroutine[Any, Any, None]]


def errands(database: Database, settings: Settings, server: Server, spoil: Spoil | None = None) -> Clock:
    """Make a timer that hands over what is due, and settles it unless ``spoil`` raises something."""
    room = Room("Toy")

    @room.every(1)
    async def look(tx: AsyncConnection, limit: int) -> Sequence[Send]:
        rows = await tx.execute(text("SELECT order_id FROM due LIMIT :limit"), {"limit": limit})
        return [Send(subject=row.order_id) for row in rows]

    @look.call
    async def send(errand: Send, server: Server) -> Sent:
        await server.take(errand.subject)
        return Sent(subject=errand.subject)

    @send.settle
    async def settle(sent: Batch[Sent], tx: AsyncConnection) -> Sequence[Pong]:
        if spoil:
            await spoil(sent.subjects, tx)
        await tx.execute(text("DELETE FROM due WHERE order_id = ANY(cast(:ids AS uuid[]))"), {"ids": sent.subjects})
        return [Pong(order_id=each.subject) for each in sent]

    return Clock(room.timers["look"], database, settings, Patience(database.probe), said_by="toy", outside=server)


async def left_and_said(database: Database) -> tuple[set[UUID], set[UUID]]:
    async with database.transaction() as tx:
        left = (await tx.execute(text("SELECT order_id FROM due"))).scalars().all()
        said = (await outbox.lease(tx, limit=200, seconds=0)).values()
    return set(left), {row.subject for row in said if isinstance(row, Envelope)}


async def test_what_was_done_before_an_outage_is_settled(database: Database, settings: Settings) -> None:
    await fill(database, 2)
    server = Server(most=1)
    with pytest.raises(Outage):
        await errands(database, settings, server).tick()
    left, said = await left_and_said(database)
    assert (len(left), said) == (1, set(server.taken))


async def test_what_cannot_be_settled_costs_its_neighbours_nothing(database: Database, settings: Settings) -> None:
    await fill(database, 5)
    server = Server()

    async def spoil(subjects: list[UUID], _: AsyncConnection) -> None:
        if server.taken[2] in subjects:
            raise ValueError("not this one")

    timer = errands(database, settings, server, spoil)
    await timer.tick()
    left, said = await left_and_said(database)
    assert (left, said) == ({server.taken[2]}, set(server.taken) - left)


async def test_answers_are_settled_up_to_the_end_of_the_database(database: Database, settings: Settings) -> None:
    await fill(database, 3)
    server = Server()

    async def spoil(subjects: list[UUID], _: AsyncConnection) -> None:
        if len(subjects) > 1:
            raise ValueError("not together")
        if subjects[0] == server.taken[1]:
            raise ConnectionError("the database is gone")

    with pytest.raises(Outage):
        await errands(database, settings, server, spoil).tick()
    assert await left_and_said(database) == (set(server.taken[1:]), set(server.taken[:1]))


async def test_a_set_that_was_only_unlucky_is_settled_together(database: Database, settings: Settings) -> None:
    await fill(database, 3)
    sizes: list[int] = []

    async def spoil(subjects: list[UUID], tx: AsyncConnection) -> None:
        sizes.append(len(subjects))
        if len(sizes) == 1:
            await tx.execute(text("DO $$ BEGIN RAISE 'deadlock' USING ERRCODE = '40P01'; END $$"))

    await errands(database, settings, Server(), spoil).tick()
    left, said = await left_and_said(database)
    assert (sizes, left, len(said)) == ([3, 3], set(), 3)
