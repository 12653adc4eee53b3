"""Whatever creates something does it once for one key."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.app import create_app
from messages.post import idempotency
from ops.migrate import upgrade
from tests.integration.gateway.door import Door, open_door, problem
from tests.support.servers import Servers
from workers.runtime.database import Database
from workers.runtime.settings import Settings

Change: TypeAlias = tuple[str, Any]
CHANGES: dict[str, Change] = {
    "/orders": ("submit", False),
    "/products": ("price", 2),
    "/payments": ("method", "cheque"),
    "/reservations": ("ttlSeconds", 5),
    "/users": ("phone", "+49 30 1234567"),
    "/agents": ("phone", "+49 30 1234567"),
}
REFUSED: dict[str, tuple[Change, int]] = {
    "/orders": (("userId", str(uuid4())), 422),
    "/products": (("sku", "TAKEN"), 409),
    "/payments": (("amount", 1), 422),
    "/reservations": (("orderItems", [{"productId": str(uuid4()), "quantity": 1}]), 422),
    "/users": (("email", "taken@example.com"), 409),
    "/agents": (("name", ""), 400),
}


async def body(door: Door, path: str) -> dict[str, Any]:
    """Something that can be created there."""
    match path:
        case "/orders":
            return await door.wish()
        case "/payments":
            order = await door.order()
            return {"orderId": order["id"], "amount": order["total"]}
        case "/reservations":
            return {"orderItems": [{"productId": (await door.product())["id"], "quantity": 10}]}
        case "/products":
            await door.http.post("/products", json={"name": "Tea", "price": 1, "sku": "TAKEN"})
            return {"name": "Tea", "price": 1, "stock": 1, "sku": uuid4().hex}
        case "/users":
            await door.http.post("/users", json={"name": "Ada", "email": "taken@example.com"})
            return {"name": "Ada", "email": f"{uuid4().hex}@example.com"}
        case _:
            return {"name": "Grace"}


async def post(door: Door, path: str, wish: dict[str, Any], key: str = "k") -> httpx.Response:
    return await door.http.post(path, json=wish, headers={"Idempotency-Key": key})


async def count(door: Door, path: str) -> int:
    return len((await door.get(path, limit=200))["items"])


@pytest.mark.parametrize("path", CHANGES)
async def test_a_key_is_good_for_one(door: Door, path: str) -> None:
    wish = await body(door, path)
    before = await count(door, path)
    answers = await asyncio.gather(*(post(door, path, wish) for _ in range(30)))
    taken = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in taken}) == 1
    for answer in answers:
        if answer.status_code != 201:
            problem(answer, 409)
            assert answer.headers["retry-after"]
    again = await post(door, path, wish)
    assert (again.status_code, again.content) == (201, taken[0].content)
    assert again.headers["location"] == f"{path}/{again.json()['id']}"
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(door, path) == before + 1
    name, value = CHANGES[path]
    assert problem(await post(door, path, {**wish, name: value}), 422)
    assert await count(door, path) == before + 1


@pytest.mark.parametrize("path", CHANGES)
async def test_a_refusal_frees_the_key(door: Door, path: str) -> None:
    wish = await body(door, path)
    (name, value), status = REFUSED[path]
    for _ in range(2):
        problem(await post(door, path, {**wish, name: value}), status)
    answer = await post(door, path, wish)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


async def test_a_key_of_one_address_is_refused_at_another(door: Door) -> None:
    assert (await post(door, "/agents", {"name": "Grace"})).status_code == 201
    answer = await post(door, "/users", {"name": "Grace", "email": "grace@example.com"})
    assert list(problem(answer, 422)) == ["/Idempotency-Key"]
    assert await count(door, "/users") == 0


async def test_a_crash_while_the_answer_is_written_leaves_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = idempotency.keep

    async def keep(tx: AsyncConnection, answers: Sequence[idempotency.Kept]) -> None:
        await whole(tx, answers)
        await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "keep", keep)
        problem(await post(door, "/agents", {"name": "Grace"}), 503)
    assert await count(door, "/agents") == 0
    assert (await post(door, "/agents", {"name": "Ada"})).status_code == 201


async def test_nobody_asks_for_keys_when_nobody_has_one(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []
    whole = idempotency.hold

    async def hold(tx: AsyncConnection, keys: Sequence[str]) -> idempotency.Held:
        asked.append(keys)
        return await whole(tx, keys)

    wish = await door.wish()
    monkeypatch.setattr(idempotency, "hold", hold)
    await asyncio.gather(*(door.http.post("/orders", json=wish) for _ in range(20)))
    assert asked == []
    await asyncio.gather(*(post(door, "/orders", wish, f"k{n % 25}") for n in range(50)))
    assert len(asked) <= 5
    assert sorted({key for keys in asked for key in keys}) == sorted(f"k{n}" for n in range(25))


@pytest.fixture
async def apart(database_url: str, settings: Settings, servers: Servers) -> AsyncIterator[Settings]:
    """A stock room that lives on a database of its own."""
    own = f"{database_url}_own"
    name = own.rpartition("/")[2]
    with psycopg.connect(servers.postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    split = Settings(database_url=database_url, stock_database_url=own, amqp_url=settings.amqp_url)
    upgrade(split)
    yield split
    with psycopg.connect(servers.postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


async def test_a_key_is_kept_where_its_room_lives(apart: Settings, database: Database) -> None:
    async with open_door(create_app(apart)) as door:
        wish = {"name": "Tea", "price": 1, "stock": 1}
        first = await post(door, "/products", wish)
        assert (await post(door, "/products", wish)).content == first.content
        order = await body(door, "/orders")
        placed = await post(door, "/orders", order)
        assert placed.status_code == 201, "the order room's keys are its own"
        assert (await post(door, "/orders", order)).content == placed.content
    async with database.transaction() as tx:
        kept = (await tx.execute(text("SELECT path FROM post.idempotency"))).scalars().all()
    assert kept == ["/orders"]
