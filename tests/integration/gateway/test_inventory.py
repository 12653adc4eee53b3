from itertools import product as pairs
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.integration.gateway.door import Door, problem
from workers.runtime.database import Database

WAYS = ("add", "remove")


async def move(door: Door, way: str, product: Any, quantity: int) -> Any:
    answer = await door.http.put(f"/inventory/{way}", json={"productId": product["id"], "quantity": quantity})
    assert answer.status_code == 200, answer.text
    assert answer.json() == await door.get(f"/products/{product['id']}")
    return answer.json()


async def test_stock_is_added_and_removed(door: Door) -> None:
    product = await door.product(stock=1)
    more = await move(door, "add", product, 4)
    assert (more["onHand"], more["available"]) == (5, 5)
    less = await move(door, "remove", product, 5)
    assert (less["onHand"], less["available"]) == (0, 0)
    assert less["updatedAt"] > more["updatedAt"] > product["updatedAt"]


async def test_more_than_is_available_cannot_be_removed(door: Door) -> None:
    product = await door.product(stock=5)
    await door.created("/reservations", {"orderItems": [{"productId": product["id"], "quantity": 2}]})
    answer = await door.http.put("/inventory/remove", json={"productId": product["id"], "quantity": 4})
    assert problem(answer, 409) == {"/quantity": "The most is 3"}
    assert (await move(door, "remove", product, 3))["onHand"] == 2


@pytest.mark.parametrize(("on_hand", "room"), [(2**53 - 3, 2), (2**63 - 1, 0)])
async def test_no_shelf_holds_more_than_can_be_counted(door: Door, database: Database, on_hand: int, room: int) -> None:
    product = await door.product(stock=1)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE stock.product SET on_hand = :on_hand"), {"on_hand": on_hand})
    answer = await door.http.put("/inventory/add", json={"productId": product["id"], "quantity": 3})
    assert problem(answer, 409) == {"/quantity": f"The most is {room}"}
    assert (await door.get(f"/products/{product['id']}"))["onHand"] == on_hand
    if room:
        assert (await move(door, "add", product, room))["onHand"] == on_hand + room


async def test_stock_of_nothing_or_nothing_of_stock_is_refused(door: Door, subtests: pytest.Subtests) -> None:
    unknown = {"productId": str(uuid4()), "quantity": 1}
    deleted = await door.product()
    await door.http.delete(f"/products/{deleted['id']}")
    for way in WAYS:
        for product in (unknown["productId"], deleted["id"]):
            assert problem(await door.http.put(f"/inventory/{way}", json={**unknown, "productId": product}), 404) == {}
    for way, quantity in pairs(WAYS, (0, -1, 2**40, 1.5, "1", None)):
        with subtests.test(f"{way} {quantity}"):
            answer = await door.http.put(f"/inventory/{way}", json={**unknown, "quantity": quantity})
            assert list(problem(answer, 400)) == ["/quantity"]
    for way in WAYS:
        answer = await door.http.put(f"/inventory/{way}", json={**unknown, "because": "broken"})
        assert list(problem(answer, 400)) == ["/because"]
        answer = await door.http.put(f"/inventory/{way}", json={"quantity": 1})
        assert list(problem(answer, 400)) == ["/productId"]
