from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.integration.gateway.changing import put, waiting
from tests.integration.gateway.door import Door, problem
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings


async def test_a_draft_is_edited(door: Door) -> None:
    draft = await door.order(submit=False)
    tea, milk = draft["orderItems"][0]["productId"], await door.product(name="Milk", price=100)
    edited = await put(
        door, draft, orderItems=[{"productId": tea, "quantity": 5}, {"productId": milk["id"], "quantity": 3}]
    )
    assert edited["status"] == "DRAFT"
    assert edited["total"] == 5 * 1250 + 3 * 100
    assert [(item["name"], item["quantity"], item["status"]) for item in edited["orderItems"]] == [
        ("Tea", 5, "PENDING"),
        ("Milk", 3, "PENDING"),
    ]
    edited = await put(door, draft, orderItems=[{"productId": tea, "status": "CANCELLED"}])
    assert edited["total"] == 300
    assert [item["status"] for item in edited["orderItems"]] == ["CANCELLED", "PENDING"]


async def test_a_draft_is_submitted_at_the_prices_that_it_shows(door: Door, database: Database) -> None:
    draft = await door.order(submit=False)
    tea, milk = draft["orderItems"][0]["productId"], await door.product(name="Milk", price=100)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE stock.product SET price = 9999 WHERE id = :id"), {"id": UUID(tea)})
    submitted = await put(door, draft, status="PENDING", orderItems=[{"productId": milk["id"], "quantity": 1}])
    assert (submitted["status"], submitted["total"]) == ("PENDING", 2600)
    [said] = await waiting(database)
    assert said.type == "order.created"
    assert b'"total":2600' in bytes(said.body)
    assert problem(await door.http.put(f"/orders/{draft['id']}", json={"status": "PENDING"}), 409) == {
        "/status": "The order is PENDING"
    }
    assert len(await waiting(database)) == 1


async def test_only_a_draft_is_edited(door: Door) -> None:
    order = await door.order()
    items = [{"productId": order["orderItems"][0]["productId"], "quantity": 1}]
    answer = await door.http.put(f"/orders/{order['id']}", json={"orderItems": items})
    assert problem(answer, 409) == {"/orderItems": "The order is PENDING"}
    assert await door.get(f"/orders/{order['id']}") == order


async def test_an_edit_that_cannot_be_changes_nothing(door: Door, subtests: pytest.Subtests) -> None:
    draft = await door.order(submit=False)
    tea = draft["orderItems"][0]["productId"]
    pounds, dear = await door.product(currency="GBP"), await door.product(price=10**12)
    impossible: list[tuple[dict[str, Any], str]] = [
        ({"productId": str(uuid4()), "quantity": 1}, "/orderItems/1/productId"),
        ({"productId": str(uuid4()), "status": "CANCELLED"}, "/orderItems/1/productId"),
        ({"productId": pounds["id"], "quantity": 1}, "/orderItems/1/productId"),
        ({"productId": dear["id"], "quantity": 2}, "/orderItems"),
        ({"productId": dear["id"], "quantity": 1_000_000}, "/orderItems"),
    ]
    for item, pointer in impossible:
        with subtests.test(str(item)):
            change = {"status": "PENDING", "orderItems": [{"productId": tea, "quantity": 3}, item]}
            assert list(problem(await door.http.put(f"/orders/{draft['id']}", json=change), 422)) == [pointer]
    with subtests.test("nothing left"):
        change = {"orderItems": [{"productId": tea, "status": "CANCELLED"}]}
        assert list(problem(await door.http.put(f"/orders/{draft['id']}", json=change), 422)) == ["/orderItems"]
    assert await door.get(f"/orders/{draft['id']}") == draft


async def test_two_hundred_lines_are_the_most(door: Door) -> None:
    wish = await door.wish(submit=False)
    draft = await door.created("/orders", {**wish, "orderItems": wish["orderItems"] * 200})
    change = {"orderItems": [{"productId": (await door.product())["id"], "quantity": 1}]}
    assert list(problem(await door.http.put(f"/orders/{draft['id']}", json=change), 422)) == ["/orderItems"]


ONE = str(uuid4())
MALFORMED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, [""]),
    ({"total": 1}, ["/total"]),
    ({"status": "LOST"}, ["/status"]),
    ({"orderItems": []}, ["/orderItems"]),
    ({"orderItems": [{"productId": ONE}]}, ["/orderItems/0"]),
    ({"orderItems": [{"productId": ONE, "quantity": 0}]}, ["/orderItems/0/quantity"]),
    ({"orderItems": [{"productId": ONE, "quantity": 1, "price": 1}]}, ["/orderItems/0/price"]),
    ({"orderItems": [{"productId": ONE, "status": "GONE"}]}, ["/orderItems/0/status"]),
    ({"orderItems": [{"productId": "tea", "quantity": 1}]}, ["/orderItems/0/productId"]),
    ({"orderItems": [{"productId": ONE, "quantity": 1}] * 2}, ["/orderItems/1/productId"]),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 1}] * 201}, ["/orderItems"]),
]


async def test_a_malformed_change_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    for change, pointers in MALFORMED:
        with subtests.test(str(change)[:60]):
            assert list(problem(await door.http.put(f"/orders/{uuid4()}", json=change), 400)) == pointers


ILLEGAL: list[tuple[dict[str, Any], str]] = [
    *(({"status": status}, "/status") for status in ("DRAFT", "RESERVED", "COMPLETED", "IN_TRANSIT", "FAILED")),
    ({"status": "CANCELLING"}, "/status"),
    ({"status": "DELIVERED"}, "/status"),
    ({"status": "CANCELLED", "orderItems": [{"productId": ONE, "quantity": 1}]}, "/orderItems"),
    ({"orderItems": [{"productId": ONE, "status": "EXECUTED"}]}, "/orderItems/0/status"),
]


async def test_anything_else_is_a_conflict(door: Door, database: Database, subtests: pytest.Subtests) -> None:
    draft = await door.order(submit=False)
    for change, pointer in ILLEGAL:
        with subtests.test(str(change)):
            assert list(problem(await door.http.put(f"/orders/{draft['id']}", json=change), 409)) == [pointer]
            assert problem(await door.http.put(f"/orders/{uuid4()}", json=change), 404) == {}
    assert await door.get(f"/orders/{draft['id']}") == draft
    assert await waiting(database) == []


async def test_an_unknown_order_is_404_and_a_malformed_id_400(door: Door) -> None:
    for change in ({"status": "PENDING"}, {"status": "CANCELLED"}, {"orderItems": [{"productId": ONE, "quantity": 1}]}):
        assert problem(await door.http.put(f"/orders/{uuid4()}", json=change), 404) == {}
    assert problem(await door.http.put("/orders/1", json={"status": "PENDING"}), 400) == {"/id": "Invalid UUID"}
    assert problem(await door.http.delete(f"/orders/{uuid4()}"), 404) == {}
    assert problem(await door.http.delete("/orders/1"), 400) == {"/id": "Invalid UUID"}


async def test_a_delivery_is_confirmed_by_hand_once(door: Door, database: Database, settings: Settings) -> None:
    order = await door.order()
    async with Network(database, settings) as network:
        await network.relay()
        while network.waiting:
            await network.deliver(0)
        answer = await door.http.put(f"/orders/{order['id']}", json={"status": "DELIVERED"})
        assert list(problem(answer, 409)) == ["/status"], "it has not left yet"
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE shipping.shipment SET dispatch_at = now()"))
        await network.tick("dispatch")
        assert (await put(door, order, status="DELIVERED"))["status"] == "DELIVERED", (
            "even before it was heard to leave"
        )
        assert (await put(door, order, status="DELIVERED"))["status"] == "DELIVERED"
        await network.relay()
        while network.waiting:
            await network.deliver(0)
    assert (await door.get(f"/orders/{order['id']}"))["status"] == "DELIVERED"
    items = (await door.get(f"/orders/{order['id']}/timeline"))["items"]
    said = [item["messageId"] for item in items if item["kind"] == "order.delivery_confirmed"]
    heard = [item["messageId"] for item in items if item["kind"] == "order.delivered"]
    assert len(said) == 1
    assert heard == said
