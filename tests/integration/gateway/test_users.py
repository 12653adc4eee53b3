import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text

from messages import Customer
from messages.account import UserRegistered
from messages.order import OrderCreated
from messages.post import outbox
from messages.post.envelope import Envelope
from tests.integration.gateway.changing import put, waiting
from tests.integration.gateway.door import Door, problem
from workers.runtime.database import Database


async def announced(database: Database) -> list[Envelope]:
    async with database.transaction() as tx:
        rows = (await outbox.lease(tx, limit=1000, seconds=0)).values()
    return [row for row in rows if isinstance(row, Envelope) and row.type == "user.registered"]


async def test_a_user_is_registered_and_shown_again(door: Door) -> None:
    user = await door.user(name="Zoë 🫖", email="Zoe@example.com", phone="+49 30 1234567")
    assert (user["name"], user["email"], user["phone"]) == ("Zoë 🫖", "Zoe@example.com", "+49 30 1234567")
    assert await door.get(f"/users/{user['id']}") == user
    assert (await door.get("/users"))["items"] == [user]


async def test_an_address_belongs_to_one_user_whatever_its_case(door: Door) -> None:
    await door.user(email="ada@example.com")
    answer = await door.http.post("/users", json={"name": "Ada", "email": "ADA@example.com"})
    assert list(problem(answer, 409)) == ["/email"]
    assert len((await door.get("/users"))["items"]) == 1


async def test_of_fifty_at_once_with_one_address_one_is_registered_and_said(door: Door, database: Database) -> None:
    spellings = ["ada@example.com", "Ada@example.com", "ADA@EXAMPLE.COM", "ada@Example.com", "aDa@eXample.com"]
    answers = await asyncio.gather(
        *(door.http.post("/users", json={"name": "Ada", "email": email}) for email in spellings * 10)
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    assert all(list(problem(answer, 409)) == ["/email"] for answer in answers if answer.status_code != 201)
    [user] = (await door.get("/users"))["items"]
    assert [str(envelope.subject) for envelope in await announced(database)] == [user["id"]]


async def test_a_user_is_announced_in_the_same_commit(door: Door, database: Database) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    door.http.headers["traceparent"] = trace
    user = await door.user(name=" Ada ", email="ada@example.com", phone="+49 30 1234567")
    [envelope] = await announced(database)
    assert (envelope.said_by, envelope.traceparent) == ("gateway", trace)
    assert msgspec.json.decode(envelope.body, type=UserRegistered) == UserRegistered(
        user_id=UUID(user["id"]), name="Ada", email="ada@example.com", phone="+49 30 1234567"
    )


async def test_who_cannot_be_announced_is_not_registered(door: Door, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE post.outbox RENAME TO elsewhere"))
    answer = await door.http.post("/users", json={"name": "Ada", "email": "ada@example.com"})
    assert problem(answer, 500) == {}
    assert (await door.get("/users"))["items"] == []


@pytest.mark.parametrize("submit", [True, False])
async def test_an_order_knows_its_customer_s_telephone(door: Door, database: Database, *, submit: bool) -> None:
    user = await door.user(phone="+49 30 1234567")
    order = await door.order(userId=user["id"], submit=submit)
    if not submit:
        await put(door, order, status="PENDING")
    [created] = [envelope for envelope in await waiting(database) if envelope.type == "order.created"]
    customer = msgspec.json.decode(created.body, type=OrderCreated).customer
    assert customer == Customer(
        user_id=UUID(user["id"]), name=user["name"], email=user["email"], phone="+49 30 1234567"
    )


async def test_a_bad_address_is_refused(door: Door, subtests: pytest.Subtests) -> None:
    for email in ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@example.com\nBcc: x@y.z", "a\x00@b.cd"]:
        with subtests.test(repr(email)):
            answer = await door.http.post("/users", json={"name": "Ada", "email": email})
            assert problem(answer, 400) == {"/email": "Expected an email address"}


async def test_a_name_is_needed(door: Door) -> None:
    assert list(problem(await door.http.post("/users", json={"email": "a@b.cd"}), 400)) == ["/name"]
    assert list(problem(await door.http.post("/users", json={"email": "a@b.cd", "name": " "}), 400)) == ["/name"]


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"name": "a\x00b"}, "/name"),
    ({"name": "a\nBcc: everyone@example.com"}, "/name"),
    ({"name": "a\x85b"}, "/name"),
    ({"name": "a" * 201}, "/name"),
    ({"name": None}, "/name"),
    ({"email": "a" * 65 + "@example.com"}, "/email"),
    ({"email": "a@" + "b" * 260 + ".example"}, "/email"),
    ({"email": None}, "/email"),
    ({"phone": "call me"}, "/phone"),
    ({"phone": "1" * 33}, "/phone"),
    ({"phone": "+49 30\x00"}, "/phone"),
    ({"admin": True}, "/admin"),
]


async def test_a_malformed_user_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    for change, pointer in MALFORMED:
        with subtests.test(str(change)[:40]):
            body = {"name": "Ada", "email": "ada@example.com", **change}
            assert list(problem(await door.http.post("/users", json=body), 400)) == [pointer]
    assert (await door.get("/users"))["items"] == []


async def test_users_are_listed_newest_first_page_by_page(door: Door) -> None:
    users = [await door.user(name=f"user {n}") for n in range(3)]
    page = await door.get("/users", limit=2)
    assert page["items"] == users[:0:-1]
    await door.user(name="late")
    assert await door.get("/users", limit=2, cursor=page["nextCursor"]) == {"items": users[:1], "nextCursor": None}


async def test_an_unknown_user_is_404_and_a_malformed_id_400(door: Door) -> None:
    assert problem(await door.http.get(f"/users/{uuid4()}"), 404) == {}
    assert problem(await door.http.get("/users/ada"), 400) == {"/id": "Invalid UUID"}
