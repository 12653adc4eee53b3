"""Whatever a caller sends, it is the caller's problem: a 4xx that says why, never a 5xx."""

import json
import random
from collections.abc import AsyncIterator
from itertools import product
from uuid import uuid4

import pytest

from tests.integration.gateway.door import Door, problem

ID = str(uuid4())
BODIES = {
    "/orders": {"userId": ID, "orderItems": [{"productId": ID, "quantity": 1}], "shippingAddress": {"street": "x"}},
    "/products": {"name": "Tea", "price": 1, "sku": "tea"},
    "/users": {"name": "Ada", "email": "ada@example.com"},
    "/inventory/add": {"productId": ID, "quantity": 1},
}
HOSTILE = {
    "nothing": b"",
    "no JSON": b"hello",
    "half of it": b'{"name": "Te',
    "two of it": b"{} {}",
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"a":' * 10_000,
    "not UTF-8": b'{"name": "\xff\xfe", "userId": "\xff"}',
    "surrogate bytes": b'{"name": "\xed\xa0\x80"}',
    "lone surrogate": rb'{"name": "\ud800 x", "price": 1, "email": "a@b.cd"}',
    "other lone surrogate": rb'{"name": "\udc00 x", "price": 1, "email": "a@b.cd"}',
    "NUL": rb'{"name": "a\u0000b", "price": 1, "email": "a@b.cd"}',
    "raw NUL": b'{"name": "a\x00b"}',
    "NaN": b'{"name": "Tea", "price": NaN}',
    "infinity": b'{"name": "Tea", "price": 1e999}',
    "many digits": b'{"name": "Tea", "price": ' + b"9" * 5_000 + b"}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"name": "Tea"}'.encode("utf-16"),
    "constructor": b'{"__proto__": {}, "__class__": "x"}',
}


async def send(door: Door, path: str, body: bytes) -> int:
    method = "PUT" if path.startswith("/inventory") else "POST"
    answer = await door.http.request(method, path, content=body)
    if answer.status_code >= 400:
        problem(answer, answer.status_code)
    return answer.status_code


async def test_a_body_that_is_none_of_ours_is_400(door: Door, subtests: pytest.Subtests) -> None:
    for path, (name, body) in product(BODIES, HOSTILE.items()):
        with subtests.test(f"{path}: {name}"):
            assert await send(door, path, body) == 400


@pytest.mark.parametrize("path", BODIES)
async def test_a_body_with_bytes_changed_at_random_is_never_our_failure(door: Door, path: str) -> None:
    dice = random.Random(20260101)
    for _ in range(150):
        body = bytearray(json.dumps(BODIES[path]).encode())
        for _ in range(dice.randint(1, 4)):
            body[dice.randrange(len(body))] = dice.choice([0, 9, 34, 44, 48, 57, 92, 93, 125, 128, 195, 255])
        assert await send(door, path, bytes(body)) < 500


@pytest.mark.parametrize("path", BODIES)
async def test_a_body_over_64_kib_is_413_whether_it_says_so_or_not(door: Door, path: str) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    method = "PUT" if path.startswith("/inventory") else "POST"
    problem(await door.http.request(method, path, content=b" " * 65_537), 413)
    problem(await door.http.request(method, path, content=dripping()), 413)
    assert await send(door, path, b" " * 65_536) == 400


async def test_an_unknown_address_is_404(door: Door, subtests: pytest.Subtests) -> None:
    for path in ["/nope", "/", "/orders/x/y/z", "/%00", "/%ff%fe", "/../etc/passwd", "/orders" * 300]:
        with subtests.test(path[:30]):
            problem(await door.http.get(path), 404)


async def test_a_wrong_method_is_405_and_told_the_right_ones(door: Door) -> None:
    answer = await door.http.delete("/products")
    problem(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_hostile_filters_are_400(door: Door, subtests: pytest.Subtests) -> None:
    for query in ["userId=%00", "userId=%ff", "status=%00", "from=%00", "from=0000-01-01T00:00:00Z"]:
        with subtests.test(query):
            problem(await door.http.get(f"/orders?{query}"), 400)


async def test_times_at_the_edge_are_only_far_away(door: Door, subtests: pytest.Subtests) -> None:
    for at in ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00.123456789Z"]:
        with subtests.test(at):
            assert await door.get("/orders", **{"from": at}) == {"items": [], "nextCursor": None}
            assert await door.get("/orders", to=at) == {"items": [], "nextCursor": None}


async def test_hostile_ids_are_400(door: Door, subtests: pytest.Subtests) -> None:
    for order_id in ["%00", "%ff", "x" * 3000, ID + "%00", ID[:-1], "{" + ID + "}"]:
        with subtests.test(order_id[:50]):
            problem(await door.http.get(f"/orders/{order_id}"), 400)
