import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentCompleted
from tests.integration.gateway.changing import report, waiting
from tests.integration.gateway.door import Door, problem
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.shipping import handlers

Report: TypeAlias = Callable[..., Any]


@pytest.fixture
def prepared(door: Door, database: Database, settings: Settings) -> Callable[..., Any]:
    """Begins a shipment for an order."""

    async def prepare(order: UUID | None = None) -> Any:
        order = order or uuid7()
        paid = PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1, currency="EUR")
        async with database.transaction() as tx:
            await handlers.prepare(Batch([paid]), tx, settings)
        [shipment] = (await door.get("/shipments", orderId=str(order)))["items"]
        return shipment

    return prepare


async def test_a_shipment_is_shown_as_it_is(door: Door, prepared: Report) -> None:
    agent = await door.created("/agents", {"name": "Grace"})
    shipment = await prepared()
    assert set(shipment) == {"id", "orderId", "status", "agent", "trackingNumber", "history"}
    assert shipment["status"] == "PREPARING"
    assert shipment["agent"] == {"id": agent["id"], "name": "Grace"}
    assert shipment["trackingNumber"] is None
    [begun] = shipment["history"]
    assert {**begun, "at": ""} == {"at": "", "status": "PREPARING", "location": None, "note": None}
    assert await door.get(f"/shipments/{shipment['id']}") == shipment
    assert (await door.get(f"/agents/{agent['id']}"))["busy"] == 1


async def test_shipments_are_found_by_order_and_by_status(door: Door, prepared: Report) -> None:
    first, second = await prepared(), await prepared()
    first = await report(door, first, "IN_TRANSIT")
    assert (await door.get("/shipments"))["items"] == [second, first]
    assert (await door.get("/shipments", status="IN_TRANSIT"))["items"] == [first]
    assert (await door.get("/shipments", orderId=second["orderId"]))["items"] == [second]
    assert (await door.get("/shipments", orderId=second["orderId"], status="IN_TRANSIT"))["items"] == []
    page = await door.get("/shipments", limit=1)
    assert (await door.get("/shipments", limit=1, cursor=page["nextCursor"]))["items"] == [first]


async def test_a_carrier_reports_until_the_end_and_each_step_is_said_once(
    door: Door, prepared: Report, database: Database
) -> None:
    await door.created("/agents", {"name": "Grace"})
    shipment = await prepared()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    door.http.headers["traceparent"] = trace

    left = await report(door, shipment, "IN_TRANSIT", location="Leipzig")
    await report(door, shipment, "IN_TRANSIT", location="Berlin", note="Out for delivery")
    ended = await report(door, shipment, "DELIVERED", note="Left with a neighbour")
    assert await report(door, shipment, "DELIVERED") == ended, "asked again: the same answer"

    assert ended["trackingNumber"] == left["trackingNumber"]
    assert [(event["status"], event["location"], event["note"]) for event in ended["history"]] == [
        ("PREPARING", None, None),
        ("IN_TRANSIT", "Leipzig", None),
        ("IN_TRANSIT", "Berlin", "Out for delivery"),
        ("DELIVERED", None, "Left with a neighbour"),
    ]
    said = await waiting(database)
    assert [(envelope.type, str(envelope.subject)) for envelope in said] == [
        ("order.shipped", shipment["orderId"]),
        ("order.delivered", shipment["orderId"]),
    ]
    assert {envelope.traceparent for envelope in said} == {trace}
    assert left["trackingNumber"].encode() in bytes(said[0].body)
    [agent] = (await door.get("/agents"))["items"]
    assert agent["busy"] == 0


async def test_a_delivery_straight_from_the_house_says_both_steps_in_order(
    door: Door, prepared: Report, database: Database
) -> None:
    ended = await report(door, await prepared(), "DELIVERED", location="Berlin")
    assert [event["status"] for event in ended["history"]] == ["PREPARING", "IN_TRANSIT", "DELIVERED"]
    assert [envelope.type for envelope in await waiting(database)] == ["order.shipped", "order.delivered"]


@pytest.mark.parametrize(("reached", "refused"), [("IN_TRANSIT", "PREPARING"), ("DELIVERED", "IN_TRANSIT")])
async def test_backwards_is_409_and_changes_nothing(
    door: Door, prepared: Report, database: Database, reached: str, refused: str
) -> None:
    shipment = await report(door, await prepared(), reached)
    said = len(await waiting(database))
    for status in (refused, "STOPPED"):
        body = {"status": status, "location": "Leipzig"}
        answer = await door.http.post(f"/shipments/{shipment['id']}/tracking", json=body)
        assert problem(answer, 409) == {"/status": f"The shipment is {reached}"}
    assert await door.get(f"/shipments/{shipment['id']}") == shipment
    assert len(await waiting(database)) == said


MALFORMED: list[tuple[Any, list[str]]] = [
    ({}, ["/status"]),
    ({"status": "LOST"}, ["/status"]),
    ({"status": None}, ["/status"]),
    ({"status": "IN_TRANSIT", "location": ""}, ["/location"]),
    ({"status": "IN_TRANSIT", "location": "a\x00b"}, ["/location"]),
    ({"status": "IN_TRANSIT", "location": "a\nb"}, ["/location"]),
    ({"status": "IN_TRANSIT", "location": "a" * 201}, ["/location"]),
    ({"status": "IN_TRANSIT", "note": "a\x00b"}, ["/note"]),
    ({"status": "IN_TRANSIT", "note": "a" * 1001}, ["/note"]),
    ({"status": "IN_TRANSIT", "at": "2026-01-31"}, ["/at"]),
    ([], [""]),
]


async def test_a_malformed_report_is_pointed_at(door: Door, prepared: Report, subtests: pytest.Subtests) -> None:
    shipment = await prepared()
    for body, pointers in MALFORMED:
        with subtests.test(str(body)[:50]):
            answer = await door.http.post(f"/shipments/{shipment['id']}/tracking", json=body)
            assert list(problem(answer, 400)) == pointers
    assert await door.get(f"/shipments/{shipment['id']}") == shipment


async def test_an_unknown_shipment_is_404_and_a_malformed_id_400(door: Door) -> None:
    answer = await door.http.post(f"/shipments/{uuid4()}/tracking", json={"status": "DELIVERED"})
    assert problem(answer, 404) == {}
    answer = await door.http.post("/shipments/1/tracking", json={"status": "DELIVERED"})
    assert problem(answer, 400) == {"/id": "Invalid UUID"}


async def test_many_at_once_report_the_end_and_it_is_said_once(
    door: Door, prepared: Report, database: Database
) -> None:
    shipment = await prepared()
    path, body = f"/shipments/{shipment['id']}/tracking", {"status": "DELIVERED", "location": "Berlin"}
    answers = await asyncio.gather(*(door.http.post(path, json=body) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert Counter(envelope.type for envelope in await waiting(database)) == {"order.shipped": 1, "order.delivered": 1}
