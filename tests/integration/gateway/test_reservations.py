import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.gateway.changing import waiting
from tests.integration.gateway.door import Door, problem
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings


def items(*wanted: tuple[Any, int]) -> dict[str, Any]:
    return {"orderItems": [{"productId": product["id"], "quantity": quantity} for product, quantity in wanted]}


async def shelf(door: Door, product: Any) -> tuple[int, int]:
    found = await door.get(f"/products/{product['id']}")
    return found["onHand"], found["reserved"]


async def test_stock_is_held_and_let_go(door: Door) -> None:
    tea, cup, order = await door.product(), await door.product(), str(uuid4())
    body = {**items((tea, 2), (cup, 1)), "orderId": order, "ttlSeconds": 600}
    held = await door.created("/reservations", body)
    assert set(held) == {"id", "orderId", "status", "items", "expiresAt"}
    assert (held["orderId"], held["status"], held["items"]) == (order, "HELD", body["orderItems"])
    assert await door.get(f"/reservations/{held['id']}") == held
    assert [await shelf(door, product) for product in (tea, cup)] == [(10, 2), (10, 1)]

    for _ in range(2):  # asked again: the same answer
        answer = await door.http.delete(f"/reservations/{held['id']}")
        assert answer.status_code == 200
        assert answer.json() == {**held, "status": "RELEASED"}
    assert [await shelf(door, product) for product in (tea, cup)] == [(10, 0), (10, 0)]


async def test_what_is_short_is_pointed_at_and_nothing_is_held(door: Door) -> None:
    tea, cup = await door.product(stock=3), await door.product()
    answer = await door.http.post("/reservations", json=items((tea, 2), (cup, 1), (tea, 2)))
    assert problem(answer, 409) == {
        "/orderItems/0/quantity": "Only 3 are available",
        "/orderItems/2/quantity": "Only 3 are available",
    }
    assert [await shelf(door, product) for product in (tea, cup)] == [(3, 0), (10, 0)]
    assert (await door.get("/reservations"))["items"] == []


async def test_a_product_that_is_not_sold_is_422(door: Door) -> None:
    tea, gone = await door.product(stock=0), await door.product()
    await door.http.delete(f"/products/{gone['id']}")
    answer = await door.http.post("/reservations", json=items((tea, 1), (gone, 1), ({"id": str(uuid4())}, 1)))
    sentence = "There is no such product for sale"
    assert problem(answer, 422) == {"/orderItems/1/productId": sentence, "/orderItems/2/productId": sentence}


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"orderItems": []}, "/orderItems"),
    ({"orderItems": None}, "/orderItems"),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 0}]}, "/orderItems/0/quantity"),
    ({"orderItems": [{"productId": "tea", "quantity": 1}]}, "/orderItems/0/productId"),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 1, "price": 1}]}, "/orderItems/0/price"),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 1}] * 201}, "/orderItems"),
    ({"orderId": "1"}, "/orderId"),
    ({"ttlSeconds": 0}, "/ttlSeconds"),
    ({"ttlSeconds": 1.5}, "/ttlSeconds"),
    ({"ttlSeconds": 10**9}, "/ttlSeconds"),
    ({"status": "HELD"}, "/status"),
]


async def test_a_malformed_reservation_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    body = items((await door.product(), 1))
    for changes, pointer in MALFORMED:
        with subtests.test(str(changes)[:60]):
            assert list(problem(await door.http.post("/reservations", json={**body, **changes}), 400)) == [pointer]


async def test_reservations_are_listed_newest_first_and_filtered(door: Door) -> None:
    tea, order = await door.product(), str(uuid4())
    made = [await door.created("/reservations", {**items((tea, 1)), "orderId": order}) for _ in range(3)]
    other = await door.created("/reservations", items((tea, 1)))
    await door.http.delete(f"/reservations/{made[0]['id']}")
    first = await door.get("/reservations", limit=2)
    newer = await door.created("/reservations", items((tea, 1)))
    second = await door.get("/reservations", limit=2, cursor=first["nextCursor"])
    seen = [each["id"] for page in (first, second) for each in page["items"]]
    assert seen == [other["id"], *(each["id"] for each in made[::-1])]
    assert second["nextCursor"] is None
    assert [each["id"] for each in (await door.get("/reservations", orderId=order))["items"]] == seen[1:]
    assert (await door.get("/reservations", orderId=order, status="HELD"))["items"] == made[:0:-1]
    assert {each["id"] for each in (await door.get("/reservations", status="HELD"))["items"]} == {
        newer["id"],
        other["id"],
        made[1]["id"],
        made[2]["id"],
    }
    assert (await door.get("/reservations", status="COMMITTED"))["items"] == []


@pytest.mark.parametrize("query", ["status=GONE", "orderId=1", "limit=0", "limit=201", "cursor=x"])
async def test_a_malformed_query_is_pointed_at(door: Door, query: str) -> None:
    assert list(problem(await door.http.get(f"/reservations?{query}"), 400)) == ["/" + query.partition("=")[0]]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_an_unknown_id_is_404_and_a_malformed_one_400(door: Door, method: str) -> None:
    assert problem(await door.http.request(method, f"/reservations/{uuid4()}"), 404) == {}
    assert problem(await door.http.request(method, "/reservations/1"), 400) == {"/id": "Invalid UUID"}


async def test_what_an_order_is_using_is_released_by_its_cancel_only(
    door: Door, database: Database, settings: Settings
) -> None:
    order = await door.order()
    held_by_hand = await door.created("/reservations", {**items((await door.product(), 1)), "orderId": order["id"]})
    async with Network(database, settings) as network:
        network.say(await waiting(database))
        await network.deliver([queue for queue, _ in network.waiting].index("Stock_OrderCreated"))
    reservations = (await door.get("/reservations", orderId=order["id"]))["items"]
    [own] = [each for each in reservations if each["id"] != held_by_hand["id"]]
    assert (own["status"], len(own["items"])) == ("HELD", 1)
    assert problem(await door.http.delete(f"/reservations/{own['id']}"), 409) == {}
    assert await door.get(f"/reservations/{own['id']}") == own
    assert (await door.http.delete(f"/reservations/{held_by_hand['id']}")).status_code == 200


async def test_the_last_units_go_to_as_many_as_there_are(door: Door) -> None:
    tea = await door.product(stock=5)
    answers = await asyncio.gather(*(door.http.post("/reservations", json=items((tea, 1))) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    assert await shelf(door, tea) == (5, 5)


async def test_a_reservation_with_a_key_is_made_once(door: Door) -> None:
    tea = await door.product()
    headers = {"Idempotency-Key": "tea"}
    first, second = [await door.http.post("/reservations", json=items((tea, 1)), headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert await shelf(door, tea) == (10, 1)
