from typing import Any
from uuid import uuid4

import pytest

from tests.integration.gateway.door import Door, problem


async def test_a_product_is_created_and_shown_again(door: Door) -> None:
    product = await door.product(sku="TEA-1", currency="GBP", lowStockThreshold=3)
    assert (product["sku"], product["price"], product["currency"], product["lowStockThreshold"]) == (
        "TEA-1",
        1250,
        "GBP",
        3,
    )
    assert (product["onHand"], product["reserved"], product["available"]) == (10, 0, 10)
    assert await door.get(f"/products/{product['id']}") == product


async def test_a_sku_belongs_to_one_product(door: Door) -> None:
    await door.product(sku="TEA-1")
    answer = await door.http.post("/products", json={"name": "Other tea", "price": 1, "sku": "TEA-1"})
    assert list(problem(answer, 409)) == ["/sku"]
    await door.product()
    await door.product()  # without a sku there may be many


async def test_products_are_listed_newest_first_in_pages(door: Door) -> None:
    made = [(await door.product())["id"] for _ in range(5)]
    first = await door.get("/products", limit=2)
    await door.product()
    second = await door.get("/products", limit=2, cursor=first["nextCursor"])
    third = await door.get("/products", limit=2, cursor=second["nextCursor"])
    seen = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert seen == made[::-1]
    assert third["nextCursor"] is None


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "/name"),
    ({"name": "a\x00b"}, "/name"),
    ({"price": -1}, "/price"),
    ({"price": 2**63}, "/price"),
    ({"price": 12.5}, "/price"),
    ({"price": "12"}, "/price"),
    ({"stock": -1}, "/stock"),
    ({"stock": 10**18}, "/stock"),
    ({"lowStockThreshold": -1}, "/lowStockThreshold"),
    ({"sku": "a b"}, "/sku"),
    ({"currency": "€"}, "/currency"),
    ({"onHand": 3}, "/onHand"),
]


async def test_a_malformed_product_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    for changes, pointer in MALFORMED:
        with subtests.test(str(changes)[:60]):
            answer = await door.http.post("/products", json={"name": "Tea", "price": 1, **changes})
            assert list(problem(answer, 400)) == [pointer]


async def test_an_unknown_product_is_404_and_a_malformed_id_400(door: Door) -> None:
    assert problem(await door.http.get(f"/products/{uuid4()}"), 404) == {}
    assert problem(await door.http.get("/products/tea"), 400) == {"/id": "Invalid UUID"}
