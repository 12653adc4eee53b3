"""Products that are announced, changed and deleted; how they are made and listed is in ``test_catalogue``."""

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from messages import ProductMessage
from messages.catalogue import ProductCreated, ProductDeleted, ProductUpdated
from messages.post import outbox
from messages.post.envelope import Envelope
from tests.integration.gateway.door import Door, problem
from workers.runtime.database import Database

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def said(database: Database) -> list[Envelope]:
    """What was said of products."""
    async with database.transaction() as tx:
        rows = (await outbox.lease(tx, limit=1000, seconds=0)).values()
    return [row for row in rows if isinstance(row, Envelope) and row.type.startswith(("product.", "stock."))]


def message(envelope: Envelope, kind: type[ProductMessage]) -> ProductMessage:
    assert envelope.type == kind.type()
    return msgspec.json.decode(envelope.body, type=kind)


async def change(door: Door, product: Any, **changes: Any) -> Any:
    answer = await door.http.put(f"/products/{product['id']}", json=changes, headers={"traceparent": TRACE})
    assert answer.status_code == 200, answer.text
    assert answer.json() == await door.get(f"/products/{product['id']}")
    return answer.json()


async def test_a_new_product_is_announced(door: Door, database: Database) -> None:
    body = {"name": "Tea", "price": 1250, "sku": "TEA-1", "lowStockThreshold": 3}
    answer = await door.http.post("/products", json=body, headers={"traceparent": TRACE})
    [envelope] = await said(database)
    assert (envelope.said_by, envelope.traceparent) == ("gateway", TRACE)
    assert message(envelope, ProductCreated) == ProductCreated(
        product_id=msgspec.convert(answer.json()["id"], type=type(envelope.subject)),
        sku="TEA-1",
        name="Tea",
        price=1250,
        currency="EUR",
        low_stock_threshold=3,
    )


async def test_a_product_that_is_refused_is_not_announced(door: Door, database: Database) -> None:
    await door.product(sku="TEA-1")
    assert list(problem(await door.http.post("/products", json={"name": "x", "price": 1, "sku": "TEA-1"}), 409))
    assert len(await said(database)) == 1


async def test_what_is_given_changes_and_is_announced(door: Door, database: Database) -> None:
    product = await door.product(sku="TEA-1", lowStockThreshold=3)
    after = await change(door, product, price=1390, lowStockThreshold=5)
    assert after == {**product, "price": 1390, "lowStockThreshold": 5, "updatedAt": after["updatedAt"]}
    _, envelope = await said(database)
    updated = message(envelope, ProductUpdated)
    assert isinstance(updated, ProductUpdated)
    assert (envelope.said_by, envelope.traceparent) == ("gateway", TRACE)
    assert (updated.sku, updated.name, updated.price, updated.low_stock_threshold) == ("TEA-1", "Tea", 1390, 5)


async def test_a_sku_is_taken_away_by_null(door: Door) -> None:
    product = await door.product(sku="TEA-1")
    assert (await change(door, product, sku=None))["sku"] is None
    assert (await change(door, product, sku="TEA-2", name="Green tea", currency="GBP"))["sku"] == "TEA-2"


async def test_what_is_so_already_is_not_announced(door: Door, database: Database) -> None:
    product = await door.product(sku="TEA-1")
    assert await change(door, product, name="Tea", price=1250) == product
    assert len(await said(database)) == 1


async def test_a_threshold_that_is_crossed_by_raising_it_is_said_at_once(door: Door, database: Database) -> None:
    product = await door.product(stock=10)
    await change(door, product, lowStockThreshold=10)
    assert [envelope.type for envelope in await said(database)] == ["product.created", "stock.low", "product.updated"]


async def test_a_sku_that_another_product_has_is_a_conflict(door: Door, database: Database) -> None:
    await door.product(sku="TEA-1")
    product = await door.product(sku="TEA-2")
    answer = await door.http.put(f"/products/{product['id']}", json={"sku": "TEA-1", "price": 1})
    assert list(problem(answer, 409)) == ["/sku"]
    assert await door.get(f"/products/{product['id']}") == product
    assert len(await said(database)) == 2


async def test_a_sku_that_many_want_at_once_belongs_to_one(door: Door) -> None:
    products = [await door.product() for _ in range(6)]
    answers = await asyncio.gather(
        *(door.http.put(f"/products/{product['id']}", json={"sku": "TEA-1"}) for product in products),
        *(door.http.post("/products", json={"name": "Tea", "price": 1, "sku": "TEA-1"}) for _ in range(6)),
    )
    assert sorted(answer.status_code for answer in answers)[1:] == [409] * 11


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"name": ""}, "/name"),
    ({"name": None}, "/name"),
    ({"price": -1}, "/price"),
    ({"price": "1"}, "/price"),
    ({"sku": ""}, "/sku"),
    ({"currency": "euro"}, "/currency"),
    ({"lowStockThreshold": -1}, "/lowStockThreshold"),
    ({"stock": 5}, "/stock"),
    ({"price": 1, "onHand": 3}, "/onHand"),
]


async def test_a_malformed_change_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    product = await door.product()
    for changes, pointer in MALFORMED:
        with subtests.test(str(changes)):
            answer = await door.http.put(f"/products/{product['id']}", json=changes)
            assert list(problem(answer, 400)) == [pointer]
    assert await door.get(f"/products/{product['id']}") == product


async def test_a_deleted_product_is_gone_and_cannot_be_ordered(door: Door, database: Database) -> None:
    wish = await door.wish()
    product = wish["orderItems"][0]["productId"]
    for _ in range(2):  # deleted twice is deleted
        answer = await door.http.delete(f"/products/{product}", headers={"traceparent": TRACE})
        assert (answer.status_code, answer.content) == (204, b"")
    _, envelope = await said(database)
    assert (str(envelope.subject), envelope.said_by, envelope.traceparent) == (product, "gateway", TRACE)
    assert message(envelope, ProductDeleted) == ProductDeleted(product_id=envelope.subject)
    assert (await door.get("/products"))["items"] == []
    assert problem(await door.http.get(f"/products/{product}"), 404) == {}
    assert problem(await door.http.put(f"/products/{product}", json={"price": 1}), 404) == {}
    refused = await door.http.post("/orders", json=wish)
    assert problem(refused, 422) == {"/orderItems/0/productId": "There is no such product for sale"}


async def test_the_sku_of_a_deleted_product_may_be_used_again(door: Door) -> None:
    product = await door.product(sku="TEA-1")
    await door.http.delete(f"/products/{product['id']}")
    await door.product(sku="TEA-1")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_unknown_product_is_404_and_a_malformed_id_400(door: Door, method: str) -> None:
    body = {"price": 1} if method == "PUT" else None
    assert problem(await door.http.request(method, f"/products/{uuid4()}", json=body), 404) == {}
    assert problem(await door.http.request(method, "/products/tea", json=body), 400) == {"/id": "Invalid UUID"}


async def test_a_product_with_a_key_is_made_once(door: Door, database: Database) -> None:
    body, headers = {"name": "Tea", "price": 1}, {"Idempotency-Key": "tea"}
    first, second = [await door.http.post("/products", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(await said(database)) == 1
