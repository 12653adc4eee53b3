"""When a key becomes free again: after a failure, a crash, or a day."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from messages.post import idempotency
from tests.integration.gateway.door import Door, problem
from tests.integration.gateway.following import Gateway
from tests.integration.gateway.placing import counted, place
from tests.support.waiting import eventually
from workers.order import store
from workers.order.store import NewOrder
from workers.runtime.database import Database

_HELD = text("""
    SELECT count(*) FROM pg_locks
     WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
_AGE = text("UPDATE post.idempotency SET at = at - interval '24 hours'")


async def test_a_refused_request_frees_its_key(door: Door, database: Database) -> None:
    wish = await door.wish()
    for refused, status in [({**wish, "userId": str(uuid4())}, 422), ({**wish, "coupon": 1}, 400)]:
        problem(await place(door, refused, "k"), status)
    assert await counted(database) == (0, 0, 0)
    assert (await place(door, wish, "k")).status_code == 201


async def test_in_one_group_the_refused_ones_leave_their_keys_to_the_others(door: Door, database: Database) -> None:
    wish = await door.wish()
    unknown = {**wish, "userId": str(uuid4())}
    wishes = [(unknown, "a"), (wish, "a"), (wish, "a"), (wish, "b"), (unknown, "c"), (wish, None)]
    answers = await asyncio.gather(*(place(door, each, key) for each, key in wishes))
    assert [answer.status_code for answer in answers][:1] == [422]
    assert answers[1].content == answers[2].content
    assert [answer.status_code for answer in answers[1:]] == [201, 201, 201, 422, 201]
    assert await counted(database) == (3, 3, 2)


async def test_a_request_that_fails_here_frees_its_key_and_hurts_nobody(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store.accept

    async def accept(tx: AsyncConnection, orders: Sequence[NewOrder]) -> None:
        await whole(tx, orders)
        if any(order.payment_method == "tok_poison" for order in orders):
            await tx.execute(text("SELECT 1 / 0"))

    wish = await door.wish()
    with monkeypatch.context() as patch, capture_logs():
        patch.setattr(store, "accept", accept)
        poison = {**wish, "paymentMethod": "tok_poison"}
        answers = await asyncio.gather(*(place(door, poison if n == 3 else wish, f"k{n}") for n in range(10)))
        assert [answer.status_code for answer in answers] == [201, 201, 201, 500, 201, 201, 201, 201, 201, 201]
    assert await counted(database) == (9, 9, 9)
    assert (await place(door, wish, "k3")).headers.get("idempotency-replayed") is None
    assert (await place(door, wish, "k4")).content == answers[4].content


async def test_an_answer_that_came_between_look_and_write_is_not_written_over(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = await door.wish()
    first = await place(door, wish, "k")
    with monkeypatch.context() as patch:

        async def blind(_: AsyncConnection, keys: Sequence[str]) -> idempotency.Held:
            return dict.fromkeys(keys, True)

        patch.setattr(idempotency, "hold", blind)
        problem(await place(door, wish, "k"), 409)
    assert (await place(door, wish, "k")).content == first.content
    assert await counted(database) == (1, 1, 1)


async def test_a_killed_process_leaves_its_key_free(door: Door, first: Gateway, database: Database) -> None:
    wish = await door.wish()

    async def is_held() -> bool:
        async with database.transaction() as other:
            return bool((await other.execute(_HELD)).scalar_one())

    async with database.transaction() as tx:
        await tx.execute(text('LOCK TABLE "order"."order" IN SHARE MODE'))
        request = asyncio.create_task(place(Door(first.http), wish, "k"))
        await eventually(is_held, what="the key to be held")
        problem(await place(door, wish, "k"), 409)
        first.process.signal(signal.SIGKILL)
        with pytest.raises(httpx.HTTPError):
            await request

    async def taken() -> bool:
        return (await place(door, wish, "k")).status_code == 201

    await eventually(taken, what="the server to notice, and the key to be free")
    assert await counted(database) == (1, 1, 1)


async def test_after_a_day_a_key_is_free_again(door: Door, database: Database) -> None:
    wish, other = await door.wish(), await door.wish()
    first = await place(door, wish, "k")
    async with database.transaction() as tx:
        await tx.execute(_AGE)
    second = await place(door, other, "k")
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    assert (await place(door, other, "k")).content == second.content
    assert await counted(database) == (2, 2, 1)


async def test_what_is_a_day_old_is_forgotten_oldest_first(door: Door, database: Database) -> None:
    wish = await door.wish()
    for key in ("a", "b"):
        await place(door, wish, key)
    yesterday = datetime.now(UTC) - idempotency.LIFE
    async with database.transaction() as tx:
        assert await idempotency.expire(tx, yesterday, 10) == 0
        await tx.execute(_AGE)
    await place(door, wish, "c")
    async with database.transaction() as tx:
        assert [await idempotency.expire(tx, yesterday, 1) for _ in range(3)] == [1, 1, 0]
    assert (await counted(database))[2] == 1
