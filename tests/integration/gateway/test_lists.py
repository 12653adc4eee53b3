from itertools import product
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from tests.integration.gateway.door import Door, problem
from workers.runtime.database import Database

_PAYMENT = text("""
    INSERT INTO payment.payment (id, order_id, amount, currency, method, status)
    VALUES (:id, :order, 1, 'EUR', 'tok_ok', :status)
""")
LISTS = ["/orders", "/products", "/users", "/payments", "/shipments", "/notifications"]


HOSTILE = ["limit=0", "limit=201", "limit=x", "limit=", "cursor=x", "cursor=%00", "cursor=%ff"]


async def test_an_empty_list_is_a_list(door: Door, subtests: pytest.Subtests) -> None:
    for path in LISTS:
        with subtests.test(path):
            assert await door.get(path) == {"items": [], "nextCursor": None}


async def test_every_list_minds_its_limit_and_cursor(door: Door, subtests: pytest.Subtests) -> None:
    for path, query in product(LISTS, HOSTILE):
        with subtests.test(f"{path}?{query}"):
            assert list(problem(await door.http.get(f"{path}?{query}"), 400)) == ["/" + query.partition("=")[0]]


@pytest.mark.parametrize("path", ["/payments", "/shipments", "/notifications"])
async def test_what_follows_an_order_is_filtered_by_it(door: Door, path: str) -> None:
    assert await door.get(path, orderId=str(uuid4())) == {"items": [], "nextCursor": None}
    assert list(problem(await door.http.get(path, params={"orderId": "1"}), 400)) == ["/orderId"]


@pytest.mark.parametrize("path", ["/payments", "/shipments"])
async def test_status_is_one_of_those_there_are(door: Door, path: str) -> None:
    assert (await door.get(path, status="DELIVERED" if path == "/shipments" else "COMPLETED"))["items"] == []
    assert list(problem(await door.http.get(path, params={"status": "GONE"}), 400)) == ["/status"]


async def test_notifications_are_filtered_by_user(door: Door) -> None:
    assert (await door.get("/notifications", userId=str(uuid4())))["items"] == []
    assert list(problem(await door.http.get("/notifications?userId=%00"), 400)) == ["/userId"]


@pytest.mark.parametrize("path", ["/payments", "/shipments"])
async def test_an_unknown_id_is_404_and_a_malformed_one_400(door: Door, path: str) -> None:
    assert problem(await door.http.get(f"{path}/{uuid4()}"), 404) == {}
    assert problem(await door.http.get(f"{path}/1"), 400) == {"/id": "Invalid UUID"}


async def test_a_payment_is_found_by_itself_by_its_order_and_by_its_status(door: Door, database: Database) -> None:
    first, second, order = uuid7(), uuid7(), uuid4()
    async with database.transaction() as tx:
        await tx.execute(_PAYMENT, {"id": first, "order": order, "status": "COMPLETED"})
        await tx.execute(_PAYMENT, {"id": second, "order": uuid4(), "status": "FAILED"})
    payment = await door.get(f"/payments/{first}")
    assert UUID(payment["orderId"]) == order
    assert (await door.get("/payments", orderId=str(order)))["items"] == [payment]
    assert (await door.get("/payments", status="COMPLETED"))["items"] == [payment]
    page = await door.get("/payments", limit=1)
    assert [item["id"] for item in page["items"]] == [str(second)]
    assert (await door.get("/payments", limit=1, cursor=page["nextCursor"]))["items"] == [payment]
