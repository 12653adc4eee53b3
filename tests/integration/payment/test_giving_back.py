"""Giving up and giving back, on the real room: what the provider keeps in the end is what the room says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import OrderMessage
from messages.order import OrderCancelled
from messages.payment import PaymentRefundDue
from messages.post.envelope import Envelope, enclose
from messages.post.receipts import Receipt
from messages.stock import StockReservationExpired, StockReserved
from tests.support.network import Network
from workers.payment import store, views
from workers.runtime.database import Database
from workers.runtime.settings import Settings

AMOUNT = 1250
LAST = 4
_KEPT = text("SELECT coalesce(sum(captured - refunded), 0) FROM payment.simulated_charge")
_VOID_NOW = text("UPDATE payment.payment SET void_due_at = now() WHERE void_due_at IS NOT NULL")


class Till:
    """The payment room and its provider; every order's messages are delivered one by one."""

    def __init__(self, database: Database, network: Network) -> None:
        self.database, self.network = database, network

    async def hear(self, *messages: OrderMessage, attempt: int = 1) -> list[str]:
        """Deliver a set of one type, and return the types of what is said."""
        envelopes = [replace(enclose(message, said_by="test"), attempt=attempt) for message in messages]
        return await self.handle(envelopes)

    async def handle(self, envelopes: Sequence[Envelope]) -> list[str]:
        queue = {
            "stock.reserved": "Payment_StockReserved",
            "stock.reservation_expired": "Payment_StockReservationExpired",
            "order.cancelled": "Payment_OrderCancelled",
            "payment.refund_due": "Payment_PaymentRefundDue",
        }[envelopes[0].type]
        results = await self.network.work(queue, envelopes)
        said: list[str] = []
        for result in results.values():
            if not isinstance(result, Receipt):
                raise result
            said += [reply.type for reply in result.replies]
        return said

    async def payment(self, order: UUID) -> views.Payment:
        async with self.database.transaction() as tx:
            [found] = await views.page(tx, limit=2, order_id=order)
        return found

    async def outcomes(self, order: UUID) -> list[str]:
        async with self.database.transaction() as tx:
            return [entry.kind for entry in await views.timeline(tx, order)]

    async def execute(self, statement: Any) -> Any:
        async with self.database.transaction() as tx:
            result = await tx.execute(statement)
            return result.scalar() if result.returns_rows else None

    async def retry(self, payment_id: UUID) -> PaymentRefundDue | None:
        async with self.database.transaction() as tx:
            return await store.retry_refund(tx, payment_id)


def reserved(order: UUID, method: str = "tok_ok") -> StockReserved:
    return StockReserved(order_id=order, amount=AMOUNT, currency="EUR", payment_method=method)


@pytest.fixture
async def till(database: Database, settings: Settings) -> AsyncIterator[Till]:
    async with Network(database, settings) as network:
        yield Till(database, network)


async def test_a_cancelled_payment_is_given_back_once_and_told(till: Till) -> None:
    order = uuid7()
    await till.hear(reserved(order))
    assert await till.execute(_KEPT) == AMOUNT
    assert await till.hear(OrderCancelled(order_id=order)) == ["payment.refund_due"]
    due = PaymentRefundDue(order_id=order)
    assert [await till.hear(due), await till.hear(due)] == [["payment.refunded"], []]

    payment = await till.payment(order)
    assert (payment.status, payment.refunded_amount, await till.execute(_KEPT)) == ("REFUNDED", AMOUNT, 0)
    assert await till.outcomes(order) == [
        "payment.requested",
        "payment.charged",
        "payment.refund_due",
        "payment.refunded",
    ]


async def test_a_set_is_given_up_each_by_its_state(till: Till) -> None:
    paid, declined, unknown = (uuid7() for _ in range(3))
    await till.hear(reserved(paid), reserved(declined, "tok_declined"))
    said = await till.hear(*(OrderCancelled(order_id=order) for order in (unknown, declined, paid)))
    assert sorted(said) == ["payment.refund_due", "payment.voided", "payment.voided"]
    assert [(await till.payment(order)).status for order in (paid, declined, unknown)] == [
        "COMPLETED",  # until its money is back
        "FAILED",
        "VOIDED",
    ]
    assert await till.hear(reserved(unknown)) == []
    assert await till.execute(_KEPT) == AMOUNT, "only what is to be refunded"


async def test_a_refund_that_keeps_failing_is_for_an_operator_to_retry(till: Till) -> None:
    order = uuid7()
    await till.hear(reserved(order, "tok_refund_fails"))
    await till.hear(OrderCancelled(order_id=order))
    for attempt in range(1, LAST):
        with pytest.raises(Exception, match="did not give the money back"):
            await till.hear(PaymentRefundDue(order_id=order), attempt=attempt)
    assert await till.hear(PaymentRefundDue(order_id=order), attempt=LAST) == ["payment.refund_failed"]
    failed = await till.payment(order)
    assert (failed.status, await till.execute(_KEPT)) == ("REFUND_FAILED", AMOUNT)

    due = await till.retry(failed.id)
    assert due == PaymentRefundDue(order_id=order)
    assert await till.retry(failed.id) is None, "it is under way"
    await till.execute(text("UPDATE payment.simulated_charge SET method = 'tok_ok'"))
    assert await till.hear(due) == ["payment.refunded"]
    assert (await till.payment(order)).status == "REFUNDED"
    assert await till.retry(uuid7()) is None
    assert (await till.outcomes(order))[2:] == [
        "payment.refund_due",
        "payment.refund_failed",
        "payment.refund_retried",
        "payment.refunded",
    ]


async def test_what_a_silent_provider_may_have_taken_is_reversed_after_the_cancel(till: Till) -> None:
    order = uuid7()
    await till.hear(reserved(order, "tok_error"), attempt=LAST)
    assert await till.hear(OrderCancelled(order_id=order)) == ["payment.voided"]
    await till.execute(text("UPDATE payment.simulated_charge SET captured = amount"))
    await till.execute(_VOID_NOW)
    await till.network.tick("reverse")
    assert await till.execute(_KEPT) == 0


@pytest.mark.parametrize("method", ["tok_error", "tok_timeout"])
@pytest.mark.parametrize(
    ("why", "says", "status"),
    [(OrderCancelled, "payment.voided", "VOIDED"), (StockReservationExpired, "payment.failed", "FAILED")],
)
async def test_what_is_given_up_on_the_ladder_is_voided_at_the_next_try(
    till: Till, method: str, why: type[OrderMessage], says: str, status: str
) -> None:
    order = uuid7()
    with pytest.raises(Exception, match="the provider"):
        await till.hear(reserved(order, method))
    assert await till.hear(why(order_id=order)) == []
    assert await till.hear(reserved(order, method), attempt=2) == [says]
    assert ((await till.payment(order)).status, await till.execute(_KEPT)) == (status, 0)


async def test_charges_cancels_and_expiries_at_once_leave_nothing_with_the_provider(till: Till) -> None:
    orders = [uuid7() for _ in range(40)]
    cancels = [enclose(OrderCancelled(order_id=order), said_by="test") for order in orders]
    said = await asyncio.gather(
        till.hear(*(reserved(order) for order in orders)),
        till.handle(cancels[::-1]),
        till.hear(*(StockReservationExpired(order_id=order) for order in orders)),
    )
    due = sum(part.count("payment.refund_due") for part in said)
    refunded = await till.hear(*(PaymentRefundDue(order_id=order) for order in orders))
    assert refunded.count("payment.refunded") == due
    assert await till.execute(_KEPT) == 0
    statuses = {(await till.payment(order)).status for order in orders}
    assert statuses <= {"VOIDED", "FAILED", "REFUNDED"}
