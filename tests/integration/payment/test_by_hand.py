"""Payments that several people change by hand at once: what is said is what was done."""

from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentCompleted, PaymentFailed, PaymentStatusChanged
from messages.stock import StockReserved
from tests.support.blocking import held_up
from workers.payment import by_hand, rules, settling, store, views
from workers.payment.by_hand import Illegal, NewPayment, Said
from workers.payment.errands import Told
from workers.payment.intent import Status
from workers.runtime.batch import Batch
from workers.runtime.database import Database

AMOUNT = 1250


async def recorded(database: Database, status: Status = "PENDING", order: UUID | None = None) -> UUID:
    """Record a payment of an order whose stock is not held yet."""
    new = NewPayment(order_id=order or uuid7(), amount=AMOUNT, currency="EUR", method="cash", status=status)
    async with database.transaction() as tx:
        payment, _ = await by_hand.record(tx, new)
    return payment


async def hold(database: Database, order: UUID) -> list[settling.Said]:
    """Let the room hear that an order's stock is held, and return what it says."""
    held = StockReserved(order_id=order, amount=AMOUNT, currency="EUR", payment_method="tok_ok")
    async with database.transaction() as tx:
        errands = [rules.errand(intent) for intent in await store.prepare(tx, Batch([held]))]
        return await settling.settle(tx, {errand.subject: Told(subject=errand.subject) for errand in errands}, {})


async def change(database: Database, payment: UUID, wish: Status) -> list[Said] | None:
    async with database.transaction() as tx:
        return await by_hand.change(tx, payment, wish)


async def test_who_comes_second_waits_and_is_refused_what_is_no_longer_possible(database: Database) -> None:
    order = uuid7()
    payment = await recorded(database, order=order)
    await hold(database, order)
    async with database.transaction() as tx:
        said = await by_hand.change(tx, payment, "COMPLETED")
        late = await held_up(database, change(database, payment, "FAILED"))
    assert said == [
        PaymentStatusChanged(order_id=order, payment_id=payment, before="PENDING", status="COMPLETED"),
        PaymentCompleted(order_id=order, payment_id=payment, amount=AMOUNT, currency="EUR"),
    ]
    with pytest.raises(Illegal, match="The payment is COMPLETED"):
        await late


async def test_who_wishes_the_same_at_once_hears_that_it_is_so_and_nothing_is_said_twice(database: Database) -> None:
    payment = await recorded(database)
    async with database.transaction() as tx:
        said = await by_hand.change(tx, payment, "COMPLETED")
        late = await held_up(database, change(database, payment, "COMPLETED"))
    assert (len(said or ()), await late) == (1, [])


@pytest.mark.parametrize(("wish", "follows"), [("COMPLETED", PaymentCompleted), ("FAILED", PaymentFailed)])
async def test_what_moves_the_order_is_said_once_stock_is_held_and_not_before(
    database: Database, wish: Status, follows: type[Said]
) -> None:
    order = uuid7()
    payment = await recorded(database, order=order)
    assert await change(database, payment, wish) == [
        PaymentStatusChanged(order_id=order, payment_id=payment, before="PENDING", status=wish)
    ]
    assert [type(message) for message in await hold(database, order)] == [follows]
    assert await hold(database, order) == []
    async with database.transaction() as tx:
        found = await views.get(tx, payment)
    assert found
    assert found.status == wish
