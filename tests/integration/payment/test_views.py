import msgspec
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages.stock import StockReserved
from workers.payment import rules, store, views
from workers.payment.errands import Charged, Declined
from workers.runtime.database import Database


async def test_payments_are_listed_newest_first_and_filtered(database: Database) -> None:
    orders = [uuid7() for _ in range(5)]
    held = [StockReserved(order_id=order, amount=7, currency="EUR", payment_method="tok_ok") for order in orders]
    async with database.transaction() as tx:
        for message in held:
            await store.prepare(tx, [message])
        intents = await store.lock_open(tx, orders[:2])
        answers: list[Charged | Declined] = [
            Charged(subject=orders[0], reference="r"),
            Declined(subject=orders[1], reason="no"),
        ]
        settlements = [rules.settle(intents[answer.subject], answer) for answer in answers]
        await store.settle(tx, settlements, {order: uuid7() for order in orders})

        everything = await views.page(tx, limit=10)
        assert [payment.order_id for payment in everything] == orders[::-1]
        assert await views.page(tx, limit=2) == everything[:2]
        assert await views.page(tx, limit=2, before=everything[1].id) == everything[2:4]
        assert await views.page(tx, limit=10, status="FAILED") == [everything[3]]
        assert await views.page(tx, limit=10, order_id=orders[0]) == [everything[4]]
        assert await views.page(tx, limit=10, order_id=orders[0], status="FAILED") == []
        assert await views.get(tx, everything[0].id) == everything[0]

        await tx.execute(text("UPDATE payment.payment SET status = 'REFUNDING' WHERE status = 'COMPLETED'"))
        assert await views.page(tx, limit=10, status="COMPLETED") == [everything[4]], "until its money is back"
        assert await views.get(tx, uuid7()) is None
    assert set(msgspec.to_builtins(everything[0])) == {
        "id",
        "orderId",
        "amount",
        "currency",
        "method",
        "status",
        "refundedAmount",
        "failureReason",
        "attempts",
        "createdAt",
        "updatedAt",
    }


async def test_the_timeline_tells_what_was_asked_and_answered(database: Database) -> None:
    order, message = uuid7(), uuid7()
    async with database.transaction() as tx:
        assert await views.timeline(tx, order) == []
        await store.prepare(tx, [StockReserved(order_id=order, amount=7, currency="EUR", payment_method="tok_ok")])
        intents = await store.lock_open(tx, [order])
        await store.settle(tx, [rules.settle(intents[order], Charged(subject=order, reference="r"))], {order: message})
        asked, charged = await views.timeline(tx, order)
    assert (asked.kind, asked.detail) == (
        "payment.requested",
        {"amount": 7, "currency": "EUR", "method": "tok_ok"},
    )
    assert (charged.kind, charged.detail, charged.message_id) == ("payment.charged", {"detail": "r"}, message)
