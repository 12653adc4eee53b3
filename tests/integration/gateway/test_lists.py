from collections.abc import Collection
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
_USERS = text("""
    INSERT INTO account."user" (id, name, email)
    SELECT id, 'Ada', id || '@example.com' FROM unnest(cast(:ids AS uuid[])) AS new (id)
""")
_GONE = text('DELETE FROM account."user" WHERE id = ANY(cast(:ids AS uuid[]))')
FILTERS = {
    "/orders": {"status", "userId", "from", "to"},
    "/products": set(),
    "/reservations": {"orderId", "status"},
    "/payments": {"orderId", "status"},
    "/shipments": {"orderId", "status"},
    "/agents": set(),
    "/notifications": {"orderId", "userId"},
    "/users": set(),
}
LETTERS = {"/dead-letters": {"queue", "error"}}
"""Words of any kind filter them, and the list has its groups beside it."""
LISTS = [*FILTERS, *LETTERS]


HOSTILE = [
    *("limit=0", "limit=201", "limit=-1", "limit=1.5", "limit=x", "limit=", "limit=99999999999999999999"),
    *("cursor=x", "cursor=", "cursor=%00", "cursor=%ff", "cursor=AAAAAAAAAAAAAAAAAAAAAB", "cursor=%22"),
    *("limit=1&limit=1", "nope=1", "Limit=1", "status[]=1", "=1", "offset=0"),
]


async def test_an_empty_list_is_a_list(door: Door, subtests: pytest.Subtests) -> None:
    for path in FILTERS:
        with subtests.test(path):
            assert await door.get(path) == {"items": [], "nextCursor": None}


async def test_every_list_minds_its_limit_and_cursor(door: Door, subtests: pytest.Subtests) -> None:
    for path, query in product(LISTS, HOSTILE):
        with subtests.test(f"{path}?{query}"):
            assert list(problem(await door.http.get(f"{path}?{query}"), 400)) == ["/" + query.partition("=")[0]]


async def test_every_list_has_its_filters_and_no_other(door: Door) -> None:
    document = await door.get("/openapi.json")
    lists = {
        path: {parameter["name"] for parameter in item["get"].get("parameters", [])}
        for path, item in document["paths"].items()
        if "get" in item
    }
    assert {path: names - {"limit", "cursor"} for path, names in lists.items() if "cursor" in names} == {
        **FILTERS,
        **LETTERS,
    }


VALUES = {"status": ("gone", "", "%00", "PENDING,FAILED"), "from": ("today",), "to": ("2026-01-01",)}


async def test_a_filter_minds_its_value(door: Door, subtests: pytest.Subtests) -> None:
    for path, filters in FILTERS.items():
        for name in filters:
            for value in VALUES.get(name, ("1", "", "%00", "%ff", "null")):
                with subtests.test(f"{path}?{name}={value}"):
                    assert list(problem(await door.http.get(f"{path}?{name}={value}"), 400)) == [f"/{name}"]


async def test_no_call_takes_a_parameter_that_it_does_not_have(door: Door, subtests: pytest.Subtests) -> None:
    document = await door.get("/openapi.json")
    for path, item in document["paths"].items():
        for method in item:
            with subtests.test(f"{method} {path}"):
                answer = await door.http.request(
                    method, path.replace("{id}", str(uuid4())) + "?nope=1&limit=%00&x~y/=2"
                )
                pointers = {"/nope", "/x~0y~1"} | (set() if path in LISTS and method == "get" else {"/limit"})
                assert problem(answer, 400) == dict.fromkeys(pointers, "There is no such parameter")


async def test_pages_stay_right_while_rows_come_and_go(door: Door, database: Database) -> None:
    ids = [uuid7() for _ in range(100)]
    await _change(database, added=ids)
    doomed, seen, cursor = set(ids[5::10]), [], None
    while True:
        page = await door.get("/users", limit=7, **({"cursor": cursor} if cursor else {}))
        seen += [UUID(user["id"]) for user in page["items"]]
        if (cursor := page["nextCursor"]) is None:
            break
        last = seen[-1]
        gone = {each for each in doomed if each < last} | {last}  # what is to come, and what the cursor names
        await _change(database, added=[uuid7() for _ in range(5)], gone=gone)
    stayed = [each for each in reversed(ids) if each not in doomed or each in seen]
    assert seen == stayed
    assert len(seen) >= 85


async def _change(database: Database, *, added: Collection[UUID] = (), gone: Collection[UUID] = ()) -> None:
    async with database.transaction() as tx:
        await tx.execute(_USERS, {"ids": list(added)})
        await tx.execute(_GONE, {"ids": list(gone)})


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
