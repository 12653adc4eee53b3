import asyncio
from collections import Counter
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from messages.post import idempotency
from tests.integration.gateway.door import Door, problem
from tests.integration.gateway.following import Gateway
from tests.integration.gateway.placing import counted, place
from workers.runtime.database import Database

_TAKE = text("SELECT pg_advisory_xact_lock(:number)")
REUSED = {"/Idempotency-Key": "Another request came with it"}


async def test_the_same_key_and_body_get_the_first_answer_again(door: Door, database: Database) -> None:
    wish, key = await door.wish(), str(uuid4())
    first, again = await place(door, wish, key), await place(door, wish, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"] == f"/orders/{first.json()['id']}"
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    slash = await door.http.post("/orders/", json=wish, headers={"Idempotency-Key": key})
    assert slash.content == first.content
    assert await counted(database) == (1, 1, 1)


async def test_the_first_answer_is_given_whatever_became_of_the_order(door: Door) -> None:
    wish = await door.wish()
    first = await place(door, wish, "k")
    await door.http.delete(first.headers["location"])
    again = await place(door, wish, "k")
    assert again.json()["status"] == "PENDING"
    assert (await door.get(first.headers["location"]))["status"] == "CANCELLING"


async def test_a_key_with_another_body_is_422(door: Door, database: Database) -> None:
    wish = await door.wish()
    await place(door, wish, "k")
    assert problem(await place(door, {**wish, "submit": False}, "k"), 422) == REUSED
    assert await counted(database) == (1, 1, 1)


async def test_other_keys_and_none_are_other_orders(door: Door, database: Database) -> None:
    wish = await door.wish()
    answers = [await place(door, wish, key) for key in ("k", "K", "k.", None, None, "!", "~" * 255)]
    assert len({answer.json()["id"] for answer in answers}) == 7
    assert await counted(database) == (7, 7, 5)


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "a\tb", "x" * 256, "\x7f"])
async def test_a_key_that_is_none_is_400(door: Door, database: Database, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode()}
    answer = await door.http.post("/orders", json=await door.wish(), headers=headers)
    assert list(problem(answer, 400)) == ["/Idempotency-Key"]
    assert (await counted(database))[0] == 0


async def test_two_keys_are_none(door: Door) -> None:
    headers = httpx.Headers([("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    answer = await door.http.post("/orders", json=await door.wish(), headers=headers)
    assert list(problem(answer, 400)) == ["/Idempotency-Key"]


async def test_a_hundred_at_once_with_one_key_are_one_order(door: Door, database: Database) -> None:
    wish = await door.wish()
    answers = await asyncio.gather(*(place(door, wish, "k") for _ in range(100)))
    taken = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in taken}) == 1
    assert len([answer for answer in taken if "idempotency-replayed" not in answer.headers]) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert problem(answer, 409) == {}
            assert int(answer.headers["retry-after"]) > 0
    assert await counted(database) == (1, 1, 1)
    assert (await place(door, wish, "k")).content == taken[0].content


async def test_a_hundred_at_once_at_two_processes_are_one_order(door: Door, first: Gateway, database: Database) -> None:
    wish = await door.wish()
    other = Door(first.http)
    answers = await asyncio.gather(*(place(at, wish, "k") for _ in range(50) for at in (door, other)))
    assert set(Counter(answer.status_code for answer in answers)) <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await counted(database) == (1, 1, 1)


async def test_two_bodies_at_once_with_one_key_are_one_order(door: Door, database: Database) -> None:
    wishes = [await door.wish(), await door.wish()]
    answers = await asyncio.gather(*(place(door, wishes[n % 2], "k") for n in range(20)))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409, 422}
    assert statuses[422]
    assert (await counted(database))[0] == 1


async def test_a_key_in_use_elsewhere_is_409_and_then_free(door: Door, database: Database) -> None:
    wish = await door.wish()
    async with database.transaction() as tx:
        await tx.execute(_TAKE, {"number": idempotency._number("k")})
        answers = await asyncio.gather(*(place(door, wish, key) for key in ("k", "other", None)))
        assert [answer.status_code for answer in answers] == [409, 201, 201]
        problem(answers[0], 409)
        assert int(answers[0].headers["retry-after"]) > 0
    assert (await place(door, wish, "k")).status_code == 201
