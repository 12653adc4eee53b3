from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages.post import failures, outbox
from messages.post.envelope import Envelope
from messages.post.failures import Failure
from tests.integration.gateway.door import Door
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings


async def whole(network: Network) -> None:
    await network.relay()
    for timer in (None, "dispatch", "deliver"):
        if timer:
            await network.tick(timer)
        while network.waiting:
            await network.deliver(0)


@pytest.fixture
async def items(door: Door, database: Database, settings: Settings) -> list[dict[str, Any]]:
    """The timeline of an order that went well."""
    order = await door.order()
    own = msgspec.structs.replace(settings, handling_seconds=0, transit_seconds=0)
    async with Network(database, own) as network:
        await whole(network)
    assert (await door.get(f"/orders/{order['id']}"))["status"] == "DELIVERED"
    told: list[dict[str, Any]] = (await door.get(f"/orders/{order['id']}/timeline"))["items"]
    assert told == (await door.get(f"/orders/{order['id']}/timeline"))["items"], "the order is stable"
    return told


async def test_every_message_handled_is_told_with_its_queue_and_type(items: list[dict[str, Any]]) -> None:
    handled = [item for item in items if item["kind"] == "message.handled"]
    queues = Counter(item["detail"]["queue"] for item in handled)
    assert set(queues.values()) == {1}
    assert {
        "Stock_OrderCreated",
        "Notification_OrderCreated",
        "Payment_StockReserved",
        "Order_StockReserved",
        "Order_PaymentCompleted",
        "Stock_PaymentCompleted",
        "Shipping_PaymentCompleted",
        "Notification_PaymentCompleted",
        "Order_OrderShipped",
        "Notification_OrderShipped",
        "Order_OrderDelivered",
        "Notification_OrderDelivered",
    } == set(queues)
    for item in handled:
        room, _, event = item["detail"]["queue"].partition("_")
        assert item["room"] == room.lower()
        assert item["detail"]["type"].replace(".", "").replace("_", "") in event.lower()
    reserved = next(item for item in handled if item["detail"]["queue"] == "Stock_OrderCreated")
    assert reserved["detail"]["said"] == ["stock.reserved"]


async def test_it_is_sorted_and_leaves_out_what_is_not_known(items: list[dict[str, Any]]) -> None:
    assert all(first["at"] <= second["at"] for first, second in pairwise(items))
    assert None not in {value for item in items for value in item.values() if not isinstance(value, dict)}
    assert all(set(item) - {"messageId", "causationId"} == {"at", "room", "kind", "detail"} for item in items)


async def test_causes_lead_from_the_delivery_back_to_the_door(items: list[dict[str, Any]]) -> None:
    causes = {item["messageId"]: item.get("causationId") for item in items if item["kind"] == "message.handled"}
    types = {item["messageId"]: item["detail"]["type"] for item in items if item["kind"] == "message.handled"}
    charged = next(item for item in items if item["kind"] == "payment.charged")
    assert types[charged["messageId"]] == "stock.reserved"
    assert types[charged["causationId"]] == "order.created"
    assert causes[charged["causationId"]] is None, "it came from outside"
    preparing = next(item for item in items if item["kind"] == "shipment.preparing")
    assert types[preparing["messageId"]] == "payment.completed"
    assert causes[preparing["messageId"]] == charged["messageId"]


async def test_a_message_that_waits_says_for_how_long_and_why(door: Door, database: Database) -> None:
    order = await door.order()
    async with database.transaction() as tx:
        leased = await outbox.lease(tx, limit=10, seconds=0)
        await outbox.postpone(tx, dict.fromkeys(leased, "nobody is bound to it"))
    [_, waiting] = (await door.get(f"/orders/{order['id']}/timeline"))["items"]
    assert (waiting["kind"], waiting["room"]) == ("message.waiting", "gateway")
    assert waiting["detail"].pop("seconds") >= 0
    assert waiting["detail"] == {"type": "order.created", "attempts": 1, "error": "nobody is bound to it"}
    [envelope] = [row for row in leased.values() if isinstance(row, Envelope) and row.type == "order.created"]
    assert waiting["messageId"] == str(envelope.message_id)


async def test_a_mail_that_is_tried_again_says_so(door: Door, database: Database, settings: Settings) -> None:
    order = await door.order()
    async with Network(database, settings) as network:
        await network.relay()
        while network.waiting:
            await network.deliver(0)
        async with database.transaction() as tx:
            tried = text("""
                INSERT INTO notification.attempt (notification_id, number, outcome, error)
                SELECT id, 2, 'POSTPONED', 'no answer' FROM notification.notification WHERE order_id = :order
            """)
            await tx.execute(tried, {"order": UUID(order["id"])})
    items = (await door.get(f"/orders/{order['id']}/timeline"))["items"]
    postponed = [item["detail"] for item in items if item["kind"] == "notification.postponed"]
    assert {"template": "order_confirmation", "channel": "EMAIL", "attempt": 2, "error": "no answer"} in postponed


async def test_what_was_retried_and_what_died_is_told(door: Door, database: Database) -> None:
    order = UUID((await door.order())["id"])
    message = uuid7()
    first = Failure(
        subject=order,
        consumer="Stock_OrderCreated",
        message_id=message,
        type="order.created",
        attempt=1,
        error="ValueError: no",
        rung="retry.1s",
    )
    last = msgspec.structs.replace(first, attempt=2, rung=None, reason="exhausted")
    async with database.transaction() as tx:
        await failures.record(tx, [first, last])
    items = (await door.get(f"/orders/{order}/timeline"))["items"]
    retried, dead = (item for item in items if item["kind"] in {"message.retried", "message.dead"})
    known = {"queue": "Stock_OrderCreated", "type": "order.created", "error": "ValueError: no"}
    assert retried["detail"] == {**known, "attempt": 1, "again": "retry.1s"}
    assert dead["detail"] == {**known, "attempt": 2, "reason": "exhausted"}
    assert (retried["kind"], retried["room"], retried["messageId"]) == ("message.retried", "stock", str(message))
    assert dead["kind"] == "message.dead"
