"""Payments over HTTP: recorded, changed by hand, listed; and what becomes of the orders they are for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from messages.post import outbox
from messages.post.envelope import Envelope
from ops.mend import say_again
from tests.integration.gateway.door import Door, problem
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings

TIMERS = ("reverse", "follow")
_KEPT = text("SELECT coalesce(sum(captured - refunded), 0) FROM payment.simulated_charge")
_ASKED = text("SELECT count(*) FROM payment.simulated_charge WHERE status <> 'VOIDED'")
_EXPIRE = text("UPDATE stock.reservation SET expires_at = now() - interval '1 second'")


class Shop:
    """The gateway, with the rooms behind it in the test's hands."""

    def __init__(self, door: Door, network: Network, database: Database) -> None:
        self.door, self.network, self.database = door, network, database

    async def run(self, *timers: str) -> None:
        await self.network.drain(*TIMERS, *timers)

    async def record(self, order: Any, **changes: Any) -> Any:
        return await self.door.created("/payments", {"orderId": order["id"], "amount": order["total"], **changes})

    async def put(self, payment: Any, status: str) -> Any:
        answer = await self._put(payment["id"], status)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, payment: Any, status: str) -> dict[str, str]:
        return problem(await self._put(payment["id"], status), 409)

    async def _put(self, payment: str, status: str) -> Any:
        return await self.door.http.put("/payments/status", json={"paymentId": payment, "status": status})

    async def status(self, order: Any) -> str:
        return str((await self.door.get(f"/orders/{order['id']}"))["status"])

    async def payment(self, order: Any) -> Any:
        [payment] = (await self.door.get("/payments", orderId=order["id"]))["items"]
        return payment

    async def execute(self, statement: Any) -> Any:
        async with self.database.transaction() as tx:
            result = await tx.execute(statement)
            return result.scalar() if result.returns_rows else None

    async def prepared(self, method: str = "tok_ok") -> Any:
        """An order whose stock is held, and whose payment is not asked for yet."""
        order = await self.door.order(paymentMethod=method)
        await self.network.relay()
        while self.network.waiting[0][0] != "Payment_StockReserved":
            await self.network.carry(0)
        return order


async def waiting(database: Database) -> list[Envelope]:
    """What was said of orders and their payments."""
    async with database.transaction() as tx:
        rows = (await outbox.lease(tx, limit=1000, seconds=0)).values()
    return [row for row in rows if isinstance(row, Envelope) and row.type.startswith(("order.", "payment."))]


@pytest.fixture
async def shop(door: Door, database: Database, settings: Settings) -> AsyncIterator[Shop]:
    async with Network(database, settings) as network:
        yield Shop(door, network, database)


async def test_what_is_paid_elsewhere_is_charged_to_nobody_else(shop: Shop, database: Database) -> None:
    order = await shop.door.order()
    payment = await shop.record(order, method="cash", currency="EUR")
    assert payment == {
        "id": payment["id"],
        "orderId": order["id"],
        "amount": order["total"],
        "currency": "EUR",
        "method": "cash",
        "status": "COMPLETED",
        "refundedAmount": 0,
        "failureReason": None,
        "attempts": 0,
        "createdAt": payment["createdAt"],
        "updatedAt": payment["updatedAt"],
    }
    assert await shop.door.get(f"/payments/{payment['id']}") == payment
    said = [envelope.type for envelope in await waiting(database)]
    assert said == ["order.created", "payment.status_changed"], "stock does not know the order yet"
    await shop.run()
    assert await shop.status(order) == "COMPLETED"
    assert await shop.execute(_ASKED) == 0
    kinds = [item["kind"] for item in (await shop.door.get(f"/orders/{order['id']}/timeline"))["items"]]
    assert "payment.recorded" in kinds


async def test_what_is_recorded_after_the_reservation_is_taken_too(shop: Shop) -> None:
    order = await shop.prepared()
    await shop.record(order)
    await shop.run()
    assert (await shop.status(order), await shop.execute(_ASKED)) == ("COMPLETED", 0)


async def test_an_order_waits_for_what_is_awaited(shop: Shop) -> None:
    order = await shop.door.order()
    payment = await shop.record(order, status="PENDING")
    await shop.run()
    assert (await shop.status(order), payment["status"]) == ("RESERVED", "PENDING")
    assert (await shop.put(payment, "COMPLETED"))["status"] == "COMPLETED"
    await shop.run()
    assert (await shop.status(order), await shop.execute(_ASKED)) == ("COMPLETED", 0)


@pytest.mark.parametrize("status", ["FAILED", "VOIDED"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_order_whose_awaited_payment_does_not_come_fails(shop: Shop, status: str, when: str) -> None:
    order = await shop.door.order()
    payment = await shop.record(order, status="PENDING")
    if when == "after":
        await shop.run()
    assert (await shop.put(payment, status))["status"] == status
    await shop.run()
    assert (await shop.status(order), await shop.execute(_ASKED)) == ("FAILED", 0)
    product = order["orderItems"][0]["productId"]
    assert (await shop.door.get(f"/products/{product}"))["reserved"] == 0


async def test_an_awaited_payment_that_comes_before_stock_is_held(shop: Shop) -> None:
    order = await shop.door.order()
    payment = await shop.record(order, status="PENDING")
    await shop.put(payment, "COMPLETED")
    await shop.run()
    assert await shop.status(order) == "COMPLETED"


async def test_an_awaited_payment_is_given_up_when_the_reservation_expires(shop: Shop) -> None:
    order = await shop.door.order()
    await shop.record(order, status="PENDING")
    await shop.run()
    await shop.execute(_EXPIRE)
    await shop.run("expire")
    assert (await shop.status(order), (await shop.payment(order))["status"]) == ("FAILED", "FAILED")
    assert (await shop.payment(order))["failureReason"] == "reservation_expired"


@pytest.mark.parametrize("status", ["PENDING", "COMPLETED"])
async def test_an_order_without_stock_gives_back_what_was_paid(shop: Shop, status: str) -> None:
    order = await shop.door.order(orderItems=[{"productId": (await shop.door.product())["id"], "quantity": 1_000}])
    payment = await shop.record(order, status=status)
    await shop.run()
    after = await shop.payment(order)
    assert (await shop.status(order), after["status"]) == (
        "FAILED",
        {"PENDING": "FAILED", "COMPLETED": "REFUND_FAILED"}[status],
    )
    if status == "COMPLETED":  # no provider can give it back, but somebody
        assert await shop.refused(payment, "REFUNDING") == {
            "/status": "The payment was taken elsewhere: whoever gave the money back says REFUNDED"
        }
        refunded = await shop.put(payment, "REFUNDED")
        assert (refunded["status"], refunded["refundedAmount"]) == ("REFUNDED", order["total"])


@pytest.mark.parametrize("method", ["tok_timeout", "tok_error"])
async def test_paid_by_hand_while_the_provider_is_asked_is_paid_once(shop: Shop, method: str) -> None:
    order = await shop.prepared(method)
    await shop.network.carry(0)
    payment = await shop.payment(order)
    assert (payment["status"], payment["method"]) == ("PENDING", method)
    await shop.put(payment, "COMPLETED")
    await shop.run()
    assert (await shop.status(order), await shop.execute(_KEPT)) == ("COMPLETED", 0)


@pytest.mark.parametrize("status", ["FAILED", "VOIDED"])
async def test_failed_by_hand_while_the_provider_is_asked_takes_nothing(shop: Shop, status: str) -> None:
    order = await shop.prepared("tok_timeout")
    await shop.network.carry(0)
    await shop.put(await shop.payment(order), status)
    await shop.run()
    assert (await shop.status(order), await shop.execute(_KEPT)) == ("FAILED", 0)


async def test_a_refund_that_the_provider_cannot_make_is_made_by_hand_and_the_cancel_goes_on(shop: Shop) -> None:
    order = await shop.door.order(paymentMethod="tok_refund_fails")
    await shop.run()
    assert (await shop.door.http.delete(f"/orders/{order['id']}")).status_code == 202
    await shop.run()
    payment = await shop.payment(order)
    assert (await shop.status(order), payment["status"]) == ("CANCELLING", "REFUND_FAILED")
    retried = await shop.put(payment, "REFUNDING")
    assert retried["status"] == "COMPLETED", "so it is called until the money is back"
    await shop.run()
    assert (await shop.payment(order))["status"] == "REFUND_FAILED"
    assert (await shop.put(payment, "REFUNDED"))["refundedAmount"] == order["total"]
    await shop.run()
    assert await shop.status(order) == "CANCELLED"


async def test_a_cancel_of_what_was_paid_elsewhere_waits_for_whoever_has_the_money(shop: Shop) -> None:
    order = await shop.door.order()
    payment = await shop.record(order)
    await shop.run()
    await shop.door.http.delete(f"/orders/{order['id']}")
    await shop.run()
    assert (await shop.status(order), (await shop.payment(order))["status"]) == ("CANCELLING", "REFUND_FAILED")
    await shop.put(payment, "REFUNDED")
    await shop.run()
    assert await shop.status(order) == "CANCELLED"


async def test_the_provider_gives_back_when_somebody_wants_it_to(shop: Shop) -> None:
    order = await shop.door.order()
    await shop.run()
    await shop.put(await shop.payment(order), "REFUNDING")
    await shop.run()
    payment = await shop.payment(order)
    assert (payment["status"], payment["refundedAmount"], await shop.execute(_KEPT)) == ("REFUNDED", order["total"], 0)
    assert await shop.status(order) == "COMPLETED", "it is not cancelled, only paid back"


async def test_every_change_is_announced_with_what_follows(shop: Shop, database: Database) -> None:
    order = await shop.door.order()
    await shop.run()
    payment = await shop.payment(order)
    await shop.put(payment, "REFUNDED")
    changed, refunded = await waiting(database)
    assert (changed.type, changed.said_by, refunded.type, refunded.said_by) == (
        "payment.status_changed",
        "gateway",
        "payment.refunded",
        "payment",
    )
    assert b'"before":"COMPLETED","status":"REFUNDED"' in bytes(changed.body)
    assert await shop.put(payment, "REFUNDED") == await shop.payment(order), "asked again, it stays"
    assert len(await waiting(database)) == 2


async def test_a_payment_is_changed_once_by_many_at_once(shop: Shop, database: Database) -> None:
    order = await shop.door.order()
    payment = await shop.record(order, status="PENDING")
    await shop.run()
    answers = await asyncio.gather(*(shop._put(payment["id"], status) for status in ["COMPLETED", "FAILED"] * 5))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [409] * 5
    assert len(await waiting(database)) == 2


async def test_an_order_has_one_payment_however_many_are_recorded_at_once(shop: Shop) -> None:
    order = await shop.door.order()
    body = {"orderId": order["id"], "amount": order["total"]}
    answers = await asyncio.gather(*(shop.door.http.post("/payments", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_payment_and_a_cancel_at_once_leave_no_money_behind(shop: Shop) -> None:
    for _ in range(5):
        order = await shop.door.order()
        body = {"orderId": order["id"], "amount": order["total"]}
        recorded, cancelled = await asyncio.gather(
            shop.door.http.post("/payments", json=body), shop.door.http.delete(f"/orders/{order['id']}")
        )
        assert cancelled.status_code == 202
        await shop.run()
        if recorded.status_code == 201:
            assert (await shop.payment(order))["status"] == "REFUND_FAILED"
            await shop.put(recorded.json(), "REFUNDED")
            await shop.run()
        else:
            problem(recorded, 409)
        assert await shop.status(order) == "CANCELLED"


async def test_the_same_key_records_once(shop: Shop) -> None:
    order = await shop.door.order()
    body = {"orderId": order["id"], "amount": order["total"]}
    first, second = [
        await shop.door.http.post("/payments", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["location"] == f"/payments/{first.json()['id']}"
    other = {**body, "method": "cash"}
    problem(await shop.door.http.post("/payments", json=other, headers={"Idempotency-Key": "k1"}), 422)


async def test_what_is_not_owed_is_refused(shop: Shop, subtests: pytest.Subtests) -> None:
    order = await shop.door.order()
    good = {"orderId": order["id"], "amount": order["total"]}
    for change, pointer in (
        ({"orderId": str(uuid4())}, "/orderId"),
        ({"amount": order["total"] + 1}, "/amount"),
        ({"amount": order["total"] - 1}, "/amount"),
        ({"currency": "USD"}, "/currency"),
    ):
        with subtests.test(str(change)):
            answer = await shop.door.http.post("/payments", json={**good, **change})
            assert list(problem(answer, 422)) == [pointer]
    assert (await shop.door.get("/payments"))["items"] == []


async def test_only_an_order_that_waits_for_its_payment_is_paid(shop: Shop, subtests: pytest.Subtests) -> None:
    draft = await shop.door.order(submit=False)
    partial = await shop.door.order(allowPartial=True)
    cancelled = await shop.door.order()
    await shop.door.http.delete(f"/orders/{cancelled['id']}")
    paid = await shop.door.order()
    recorded = await shop.door.order()
    await shop.record(recorded, status="PENDING")
    for name, order in {"draft": draft, "partial": partial, "cancelled": cancelled, "recorded": recorded}.items():
        with subtests.test(name):
            body = {"orderId": order["id"], "amount": order["total"]}
            assert list(problem(await shop.door.http.post("/payments", json=body), 409)) == ["/orderId"]
    await shop.run()
    with subtests.test("paid"):
        body = {"orderId": paid["id"], "amount": paid["total"]}
        answer = await shop.door.http.post("/payments", json=body)
        assert problem(answer, 409) == {"/orderId": "The order is COMPLETED"}


async def test_a_partial_order_is_paid_once_it_is_known_what_it_owes(shop: Shop) -> None:
    plenty, scarce = await shop.door.product(), await shop.door.product(stock=1)
    lines = [{"productId": plenty["id"], "quantity": 2}, {"productId": scarce["id"], "quantity": 5}]
    order = await shop.door.order(orderItems=lines, allowPartial=True)
    await shop.network.relay()
    while not any(queue == "Order_StockReserved" for queue, _ in shop.network.waiting):
        await shop.network.carry(0)
    [index] = [index for index, (queue, _) in enumerate(shop.network.waiting) if queue == "Order_StockReserved"]
    await shop.network.carry(index)
    order = await shop.door.get(f"/orders/{order['id']}")
    assert order["total"] == 2 * plenty["price"]
    await shop.record(order)
    await shop.run()
    assert (await shop.status(order), await shop.execute(_ASKED)) == ("COMPLETED", 0)


async def test_a_payment_begins_taken_or_awaited(shop: Shop, subtests: pytest.Subtests) -> None:
    order = await shop.door.order()
    for status in ("FAILED", "VOIDED", "REFUNDED", "REFUND_FAILED"):
        with subtests.test(status):
            body = {"orderId": order["id"], "amount": order["total"], "status": status}
            assert list(problem(await shop.door.http.post("/payments", json=body), 409)) == ["/status"]


async def test_an_illegal_change_is_a_conflict_and_changes_nothing(shop: Shop, subtests: pytest.Subtests) -> None:
    order, declined = await shop.door.order(), await shop.door.order(paymentMethod="tok_declined")
    await shop.run()
    completed, failed = await shop.payment(order), await shop.payment(declined)
    for payment, wishes in (
        (completed, ("PENDING", "FAILED", "VOIDED", "REFUND_FAILED")),
        (failed, ("PENDING", "COMPLETED", "VOIDED", "REFUNDING", "REFUNDED")),
    ):
        for status in wishes:
            with subtests.test(f"{payment['status']} to {status}"):
                assert await shop.refused(payment, status) == {"/status": f"The payment is {payment['status']}"}
    assert [await shop.payment(order), await shop.payment(declined)] == [completed, failed]


async def test_an_order_that_is_being_cancelled_takes_no_payment_by_hand(shop: Shop) -> None:
    order = await shop.prepared("tok_error")
    await shop.network.carry(0)
    payment = await shop.payment(order)
    await shop.door.http.delete(f"/orders/{order['id']}")
    await shop.network.relay()
    while not any(queue == "Payment_OrderCancelled" for queue, _ in shop.network.waiting):
        index = next(i for i, (queue, _) in enumerate(shop.network.waiting) if not queue.startswith("Payment_Stock"))
        await shop.network.carry(index)
    [index] = [i for i, (queue, _) in enumerate(shop.network.waiting) if queue == "Payment_OrderCancelled"]
    await shop.network.carry(index)
    assert await shop.refused(payment, "COMPLETED") == {"/status": "The payment is given up: cancelled"}
    assert (await shop.put(payment, "FAILED"))["status"] == "VOIDED"
    await shop.run()
    assert (await shop.status(order), await shop.execute(_KEPT)) == ("CANCELLED", 0)


ONE = str(UUID(int=1))
MALFORMED: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "/orderId"),
    ({"orderId": ONE}, "/amount"),
    ({"orderId": "tea", "amount": 1}, "/orderId"),
    ({"orderId": ONE, "amount": -1}, "/amount"),
    ({"orderId": ONE, "amount": 1.5}, "/amount"),
    ({"orderId": ONE, "amount": "1"}, "/amount"),
    ({"orderId": ONE, "amount": 10**30}, "/amount"),
    ({"orderId": ONE, "amount": 1, "currency": "euro"}, "/currency"),
    ({"orderId": ONE, "amount": 1, "method": "a b"}, "/method"),
    ({"orderId": ONE, "amount": 1, "status": "LOST"}, "/status"),
    ({"orderId": ONE, "amount": 1, "reference": "x"}, "/reference"),
)


async def test_what_is_malformed_is_pointed_at(shop: Shop, subtests: pytest.Subtests) -> None:
    for body, pointer in MALFORMED:
        with subtests.test(str(body)):
            assert list(problem(await shop.door.http.post("/payments", json=body), 400)) == [pointer]
    for body, pointer in (
        ({"paymentId": ONE}, "/status"),
        ({"paymentId": "tea", "status": "FAILED"}, "/paymentId"),
        ({"paymentId": ONE, "status": "LOST"}, "/status"),
        ({"paymentId": ONE, "status": "FAILED", "why": "x"}, "/why"),
    ):
        with subtests.test(str(body)):
            assert list(problem(await shop.door.http.put("/payments/status", json=body), 400)) == [pointer]


async def test_an_unknown_payment_is_404(shop: Shop) -> None:
    assert problem(await shop._put(ONE, "COMPLETED"), 404) == {}
    assert problem(await shop.door.http.get(f"/payments/{ONE}"), 404) == {}
    assert problem(await shop.door.http.get("/payments/1"), 400) == {"/id": "Invalid UUID"}


async def test_payments_are_listed_by_order_and_status(shop: Shop) -> None:
    orders = [await shop.door.order() for _ in range(3)]
    await shop.record(orders[0], status="PENDING")
    await shop.record(orders[1])
    newest = (await shop.door.get("/payments"))["items"]
    assert [payment["orderId"] for payment in newest] == [orders[1]["id"], orders[0]["id"]]
    assert (await shop.door.get("/payments", status="PENDING"))["items"] == newest[1:]
    assert (await shop.door.get("/payments", orderId=orders[1]["id"]))["items"] == newest[:1]
    page = await shop.door.get("/payments", limit=1)
    assert (await shop.door.get("/payments", limit=1, cursor=page["nextCursor"]))["items"] == newest[1:]
    for query in ({"status": "REFUNDING"}, {"status": "x"}, {"orderId": "x"}, {"limit": 0}, {"cursor": "x"}):
        assert len(problem(await shop.door.http.get("/payments", params=query), 400)) == 1


@pytest.mark.parametrize(("status", "end"), [("COMPLETED", "COMPLETED"), ("FAILED", "FAILED"), ("VOIDED", "FAILED")])
async def test_what_was_said_of_a_change_by_hand_can_be_said_again(
    shop: Shop, settings: Settings, status: str, end: str
) -> None:
    order = await shop.door.order()
    payment = await shop.record(order, status="PENDING")
    await shop.run()
    await shop.put(payment, status)
    await shop.execute(text("DELETE FROM post.outbox"))  # it was published to a queue that somebody deleted
    await shop.run()
    assert await shop.status(order) == "RESERVED"
    for _ in range(2):
        await say_again(settings, minutes=1)
        await shop.run()
        assert (await shop.status(order), await shop.execute(_ASKED)) == (end, 0)
