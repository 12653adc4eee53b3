from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.integration.gateway.changing import waiting
from tests.integration.gateway.door import Door, problem
from workers.runtime.database import Database

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_an_order_is_taken_at_todays_price_and_shown_again(door: Door) -> None:
    wish = await door.wish(shippingAddress={"street": "1 Main St", "line2": None}, allowPartial=True)
    order = await door.created("/orders", wish)
    assert order["status"] == "PENDING"
    assert (order["total"], order["currency"], order["paymentMethod"]) == (2500, "EUR", "tok_ok")
    assert order["allowPartial"] is True
    assert order["shippingAddress"] == {"street": "1 Main St", "line2": None}
    product = wish["orderItems"][0]["productId"]
    assert order["orderItems"] == [
        {"productId": product, "name": "Tea", "quantity": 2, "unitPrice": 1250, "status": "PENDING"}
    ]
    assert order["failureReason"] is None
    assert await door.get(f"/orders/{order['id']}") == order


async def test_its_message_waits_in_the_outbox_with_the_callers_trace(door: Door, database: Database) -> None:
    answer = await door.http.post("/orders", json=await door.wish(), headers={"traceparent": TRACE})
    (envelope,) = await waiting(database)
    assert (envelope.type, envelope.said_by, envelope.traceparent) == ("order.created", "gateway", TRACE)
    assert str(envelope.subject) == answer.json()["id"]


async def test_a_trace_that_is_none_is_ignored(door: Door, database: Database) -> None:
    answer = await door.http.post("/orders", json=await door.wish(), headers={"traceparent": "00-nope"})
    assert answer.status_code == 201
    (envelope,) = await waiting(database)
    assert envelope.traceparent is None


async def test_a_draft_stays_at_home(door: Door, database: Database) -> None:
    order = await door.order(submit=False)
    assert order["status"] == "DRAFT"
    assert await waiting(database) == []


async def test_a_refused_order_leaves_nothing_behind(door: Door, database: Database) -> None:
    wish = await door.wish()
    answer = await door.http.post("/orders", json={**wish, "userId": str(uuid4())})
    assert problem(answer, 422) == {"/userId": "There is no such user"}
    async with database.transaction() as tx:
        assert (await tx.execute(text('SELECT count(*) FROM "order"."order"'))).scalar_one() == 0
    assert await waiting(database) == []


async def test_currencies_must_agree(door: Door) -> None:
    wish = await door.wish(currency="USD")
    assert list(problem(await door.http.post("/orders", json=wish), 422)) == ["/orderItems/0/productId"]
    pounds = await door.product(currency="GBP")
    wish = await door.wish()
    wish["orderItems"].append({"productId": pounds["id"], "quantity": 1})
    assert list(problem(await door.http.post("/orders", json=wish), 422)) == ["/orderItems/1/productId"]


async def test_a_total_beyond_the_sane_is_refused(door: Door) -> None:
    dear = await door.product(price=10**12)
    wish = await door.wish(orderItems=[{"productId": dear["id"], "quantity": 1_000_000}] * 200)
    assert list(problem(await door.http.post("/orders", json=wish), 422)) == ["/orderItems"]


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"orderItems": []}, "/orderItems"),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 1}] * 201}, "/orderItems"),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 0}]}, "/orderItems/0/quantity"),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 10**30}]}, "/orderItems/0/quantity"),
    ({"orderItems": [{"productId": "tea", "quantity": 1}]}, "/orderItems/0/productId"),
    ({"orderItems": [{"productId": str(uuid4()), "quantity": 1, "price": 1}]}, "/orderItems/0/price"),
    ({"userId": None}, "/userId"),
    ({"submit": "no"}, "/submit"),
    ({"coupon": "FREE"}, "/coupon"),
    ({"paymentMethod": ""}, "/paymentMethod"),
    ({"currency": "euros"}, "/currency"),
    ({"shippingAddress": "here"}, "/shippingAddress"),
]


async def test_a_malformed_order_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    for changes, pointer in MALFORMED:
        with subtests.test(str(changes)[:60]):
            body = {"userId": str(uuid4()), "orderItems": [{"productId": str(uuid4()), "quantity": 1}], **changes}
            assert list(problem(await door.http.post("/orders", json=body), 400)) == [pointer]


async def test_two_hundred_items_are_not_too_many(door: Door) -> None:
    wish = await door.wish()
    order = await door.created("/orders", {**wish, "orderItems": wish["orderItems"] * 200})
    assert len(order["orderItems"]) == 200
    assert order["total"] == 2500 * 200


async def test_orders_are_found_by_status_user_and_time(door: Door) -> None:
    mine, draft = await door.order(), await door.order(submit=False)

    async def ids(**query: Any) -> list[str]:
        return [order["id"] for order in (await door.get("/orders", **query))["items"]]

    assert await ids() == [draft["id"], mine["id"]]
    assert await ids(status="DRAFT") == [draft["id"]]
    assert await ids(userId=mine["userId"]) == [mine["id"]]
    assert await ids(status="DELIVERED") == []
    assert await ids(**{"from": draft["createdAt"]}) == [draft["id"]]
    assert await ids(to=draft["createdAt"]) == [mine["id"]]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert await ids(**{"from": tomorrow}) == []


VAGUE: list[tuple[dict[str, Any], str]] = [
    ({"status": "LOST"}, "/status"),
    ({"userId": "me"}, "/userId"),
    ({"from": "yesterday"}, "/from"),
    ({"from": "2026-01-01T00:00:00"}, "/from"),
    ({"to": "2026-13-01T00:00:00Z"}, "/to"),
    ({"limit": "0"}, "/limit"),
    ({"limit": "201"}, "/limit"),
    ({"limit": "many"}, "/limit"),
    ({"cursor": "x"}, "/cursor"),
]


async def test_a_malformed_filter_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    for query, pointer in VAGUE:
        with subtests.test(str(query)[:60]):
            assert list(problem(await door.http.get("/orders", params=query), 400)) == [pointer]


@pytest.mark.parametrize("path", ["/orders/{}", "/orders/{}/timeline"])
async def test_an_unknown_order_is_404_and_a_malformed_id_400(door: Door, path: str) -> None:
    assert problem(await door.http.get(path.format(uuid4())), 404) == {}
    assert problem(await door.http.get(path.format("1")), 400) == {"/id": "Invalid UUID"}


async def test_a_timeline_tells_what_every_room_knows_oldest_first(door: Door, database: Database) -> None:
    order = await door.order()
    async with database.transaction() as tx:
        await tx.execute(
            text("""INSERT INTO payment.payment (id, order_id, amount, currency, method, status, created_at, updated_at)
                    VALUES (:id, :order, 2500, 'EUR', 'tok_ok', 'PENDING', now() - interval '1 day', now())"""),
            {"id": uuid4(), "order": UUID(order["id"])},
        )
    items = (await door.get(f"/orders/{order['id']}/timeline"))["items"]
    assert [item["kind"] for item in items] == ["payment.requested", "order.accepted", "message.waiting"]
    assert [item["room"] for item in items] == ["payment", "order", "gateway"]
    assert set(items[1]) == {"at", "room", "kind", "detail"}, "what is not known is left out"
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
