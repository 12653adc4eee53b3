"""Whatever a caller sends, it is the caller's problem: a 4xx that says why, never a 5xx."""

import asyncio
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
    "/reservations": {"orderItems": [{"productId": ID, "quantity": 1}]},
    "/payments": {"orderId": ID, "amount": 1},
    "/inventory/add": {"productId": ID, "quantity": 1},
}
QUEUE = "Stock_OrderCreated"
DOCS = ["/docs/x", "/docs/x/y", "/docs/assets", "/docs/assets/x", "/docs/assets/..%2fdocs.html", "/openapi.json/x"]
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
    "the same name twice": b'{"name": "Tea", "name": "Tee", "price": 1, "email": "a@b.cd"}',
}
NO_BODY = ("nothing", "null")


async def send(door: Door, path: str, body: bytes, method: str | None = None) -> int:
    answer = await door.http.request(method or ("PUT" if path.startswith("/inventory") else "POST"), path, content=body)
    if answer.status_code >= 400:
        pointers = problem(answer, answer.status_code)
        assert pointers or answer.status_code != 400, "a 400 says where"
    return answer.status_code


async def test_a_body_that_is_none_of_ours_is_400(door: Door, subtests: pytest.Subtests) -> None:
    document = await door.get("/openapi.json")
    calls = [
        (path, method, item[method]["requestBody"].get("required", False))
        for path, item in document["paths"].items()
        for method in item
        if "requestBody" in item[method]
    ]
    assert len(calls) > 10
    for (path, method, is_required), (name, body) in product(calls, HOSTILE.items()):
        with subtests.test(f"{method} {path}: {name}"):
            answer = await send(door, path.replace("{id}", ID).replace("{name}", QUEUE), body, method)
            assert answer == (200 if name in NO_BODY and not is_required else 400)


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


TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
    "*",
]


@pytest.mark.parametrize("path", BODIES)
async def test_a_body_of_another_type_is_415(door: Door, path: str, subtests: pytest.Subtests) -> None:
    method = "PUT" if path.startswith("/inventory") else "POST"
    for type_ in TYPES:
        with subtests.test(type_):
            headers = {"content-type": type_}
            answer = await door.http.request(method, path, content=json.dumps(BODIES[path]), headers=headers)
            assert problem(answer, 415) == {"/Content-Type": "Expected application/json"}
    for type_ in ("application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"):
        with subtests.test(type_):
            headers = {"content-type": type_}
            answer = await door.http.request(method, path, content=json.dumps(BODIES[path]), headers=headers)
            assert answer.status_code in {201, 404, 409, 422}


TWICE = {
    '{"userId": "%s", "userId": "%s", "orderItems": [{"productId": "%s", "quantity": 1}]}': "/userId",
    '{"userId": "%s", "orderItems": [{"quantity": 1, "productId": "%s", "productId": "%s"}]}': (
        "/orderItems/0/productId"
    ),
    '{"userId": "%s", "orderItems": [{"productId": "%s", "quantity": 1}], "shippingAddress": {"a": "%s:", "a": ":"}}': (
        "/shippingAddress/a"
    ),
}


async def test_a_name_given_twice_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    for body, pointer in TWICE.items():
        with subtests.test(pointer):
            answer = await door.http.post("/orders", content=(body % (ID, ID, ID)).encode())
            assert problem(answer, 400) == {pointer: "This name is given twice"}


async def test_hostile_neighbours_harm_no_order(door: Door) -> None:
    wish = await door.wish()
    bodies = [body for body in HOSTILE.values() for _ in range(2)]
    poisons = [{**wish, "currency": "USD"}, {**wish, "userId": ID}, {**wish, "orderItems": []}, {**wish, "coupon": 1}]
    hostile = [*bodies, *(json.dumps(each).encode() for each in poisons), b" " * 70_000]
    answers = await asyncio.gather(
        *(door.http.post("/orders", content=each) for body in hostile for each in (body, json.dumps(wish).encode()))
    )
    assert {answer.status_code for answer in answers[1::2]} == {201}
    assert {answer.status_code for answer in answers[::2]} == {400, 413, 422}


async def test_a_body_in_chunks_is_a_body(door: Door) -> None:
    body = json.dumps(await door.wish()).encode()

    async def dripping() -> AsyncIterator[bytes]:
        for at in range(len(body)):
            yield body[at : at + 1]

    assert (await door.http.post("/orders", content=dripping())).status_code == 201


async def test_an_unknown_address_is_404(door: Door, subtests: pytest.Subtests) -> None:
    for path in ["/nope", "/", "/orders/x/y/z", "/%00", "/%ff%fe", "/../etc/passwd", "/orders" * 300, *DOCS]:
        with subtests.test(path[:30]):
            problem(await door.http.get(path), 404)


async def test_a_wrong_method_is_405_and_told_the_right_ones(door: Door) -> None:
    answer = await door.http.delete("/products")
    problem(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))
    for path in ("/docs", "/openapi.json", "/metrics", "/orders", "/health/live"):
        for method in ("PATCH", "TRACE", "BREW"):
            problem(await door.http.request(method, path), 405)


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
