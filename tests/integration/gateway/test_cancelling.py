import asyncio

import pytest

from tests.integration.gateway.changing import put, set_status, waiting
from tests.integration.gateway.door import Door, problem
from workers.runtime.database import Database

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("status", ["PENDING", "RESERVED", "COMPLETED"])
async def test_a_cancel_is_taken_and_said_to_shipping(door: Door, database: Database, status: str) -> None:
    order = await door.order()
    await set_status(database, order, status)
    for _ in range(2):
        answer = await door.http.delete(f"/orders/{order['id']}", headers={"traceparent": TRACE})
        assert (answer.status_code, answer.json()["status"]) == (202, "CANCELLING")
        assert answer.json() == await door.get(f"/orders/{order['id']}")
    _, said = await waiting(database)
    assert (said.type, said.said_by, said.traceparent) == ("order.cancellation_requested", "gateway", TRACE)
    assert str(said.subject) == order["id"]
    items = (await door.get(f"/orders/{order['id']}/timeline"))["items"]
    requested = next(item for item in items if item["kind"] == "order.cancellation_requested")
    assert requested["messageId"] == str(said.message_id)


async def test_a_draft_is_cancelled_at_once_and_nobody_hears_of_it(door: Door, database: Database) -> None:
    order = await door.order(submit=False)
    for _ in range(2):
        answer = await door.http.delete(f"/orders/{order['id']}")
        assert (answer.status_code, answer.json()["status"]) == (202, "CANCELLED")
    assert await waiting(database) == []


@pytest.mark.parametrize("status", ["FAILED", "IN_TRANSIT", "DELIVERED"])
async def test_what_has_ended_or_left_cannot_be_cancelled(door: Door, database: Database, status: str) -> None:
    order = await door.order(submit=False)
    await set_status(database, order, status)
    assert problem(await door.http.delete(f"/orders/{order['id']}"), 409) == {}
    answer = await door.http.put(f"/orders/{order['id']}", json={"status": "CANCELLED"})
    assert problem(answer, 409) == {"/status": f"The order is {status}"}
    assert (await door.get(f"/orders/{order['id']}"))["status"] == status
    assert await waiting(database) == []


async def test_a_hundred_cancels_at_once_are_one(door: Door, database: Database) -> None:
    order = await door.order()
    answers = await asyncio.gather(*(door.http.delete(f"/orders/{order['id']}") for _ in range(100)))
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(202, "CANCELLING")}
    types = [envelope.type for envelope in await waiting(database)]
    assert types == ["order.created", "order.cancellation_requested"]


async def test_put_cancels_as_delete_does(door: Door, database: Database) -> None:
    order = await door.order()
    assert (await put(door, order, status="CANCELLED"))["status"] == "CANCELLING"
    assert (await put(door, order, status="CANCELLED"))["status"] == "CANCELLING"
    assert [envelope.type for envelope in await waiting(database)][1:] == ["order.cancellation_requested"]
    draft = await door.order(submit=False)
    assert (await put(door, draft, status="CANCELLED"))["status"] == "CANCELLED"
