import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Message
from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefundDue, PaymentVoided
from messages.stock import StockReserved
from tests.support.waiting import eventually
from workers.payment import store, views
from workers.payment.errands import Charge, Declined, Void
from workers.payment.handlers import resign, room
from workers.payment.provider import Bill, ProviderError
from workers.payment.simulated import SimulatedProvider
from workers.runtime.batch import Batch, Errand, Outcome
from workers.runtime.database import Database
from workers.runtime.handler import Steps
from workers.runtime.settings import Settings

HANDLER = room.handlers["Payment_StockReserved"]
REVERSE = room.timers["reverse"]
_GIVE_UP = text("UPDATE payment.payment SET give_up = :why")
_VOID_NOW = text("UPDATE payment.payment SET void_due_at = now() WHERE void_due_at IS NOT NULL")
_STATUSES = text("SELECT status FROM payment.payment")
_BOOKS = text("SELECT status, calls FROM payment.simulated_charge")


def reserved(method: str = "tok_ok", order: UUID | None = None) -> StockReserved:
    return StockReserved(order_id=order or uuid7(), amount=1250, currency="EUR", payment_method=method)


def bill(held: StockReserved) -> Bill:
    return Bill(key=held.order_id, amount=held.amount, currency=held.currency, method=held.payment_method)


def steps() -> Steps:
    assert HANDLER.steps
    return HANDLER.steps


class Flow:
    """The three steps, each on its own."""

    def __init__(self, database: Database, settings: Settings, provider: SimulatedProvider) -> None:
        self._database, self._settings, self._provider = database, settings, provider

    async def prepare(self, *held: StockReserved) -> Sequence[Errand]:
        async with self._database.transaction() as tx:
            errands: Sequence[Errand] = await HANDLER.work(Batch(held), tx, self._settings)
        return errands

    async def call(self, errands: Sequence[Errand]) -> list[Outcome]:
        return await asyncio.gather(*(steps().call(errand, self._provider) for errand in errands))

    async def settle(self, outcomes: Sequence[Outcome]) -> list[Message]:
        async with self._database.transaction() as tx:
            return list(await steps().settle(Batch(outcomes), tx, self._settings) or ())

    async def run(self, *held: StockReserved) -> list[Message]:
        return await self.settle(await self.call(await self.prepare(*held)))

    async def execute(self, statement: Any, **values: Any) -> list[Any]:
        async with self._database.transaction() as tx:
            result = await tx.execute(statement, values)
            return list(result.all()) if result.returns_rows else []

    async def payments(self) -> dict[UUID, views.Payment]:
        async with self._database.transaction() as tx:
            return {payment.order_id: payment for payment in await views.page(tx, limit=200)}


@pytest.fixture
def flow(database: Database, settings: Settings, provider: SimulatedProvider) -> Flow:
    return Flow(database, settings, provider)


async def test_a_set_is_paid_and_declined_each_by_its_token(flow: Flow) -> None:
    paid, declined, unknown = reserved(), reserved("tok_declined"), reserved("tok_nonsense")
    said = await flow.run(paid, declined, unknown)
    payments = await flow.payments()
    assert {message.subject: message for message in said} == {
        paid.order_id: PaymentCompleted(
            order_id=paid.order_id, payment_id=payments[paid.order_id].id, amount=1250, currency="EUR"
        ),
        declined.order_id: PaymentFailed(order_id=declined.order_id, reason="payment_declined"),
        unknown.order_id: PaymentFailed(order_id=unknown.order_id, reason="unknown_payment_method"),
    }
    assert [payments[m.order_id].status for m in (paid, declined, unknown)] == ["COMPLETED", "FAILED", "FAILED"]
    assert payments[declined.order_id].failure_reason == "payment_declined"


async def test_the_intent_is_on_disk_before_anybody_is_asked(flow: Flow) -> None:
    held = reserved()
    assert await flow.prepare(held) == [Charge(subject=held.order_id, bill=bill(held))]
    assert (await flow.payments())[held.order_id].status == "PENDING"
    assert await flow.execute(_BOOKS) == []


async def test_prepared_twice_and_settled_twice_is_one_payment(flow: Flow) -> None:
    held = reserved()
    first, second = await flow.prepare(held), await flow.prepare(held)
    said = [*await flow.settle(await flow.call(first)), *await flow.settle(await flow.call(second))]
    assert [type(message) for message in said] == [PaymentCompleted]
    assert (await flow.payments())[held.order_id].attempts == 2
    assert await flow.execute(_BOOKS) == [("CHARGED", 2)]


async def test_two_workers_settle_one_payment_at_once(flow: Flow) -> None:
    orders = [reserved() for _ in range(20)]
    await flow.prepare(*orders)
    outcomes = await flow.call(await flow.prepare(*reversed(orders)))
    said = await asyncio.gather(flow.settle(outcomes), flow.settle(outcomes[::-1]))
    assert sorted(message.subject for part in said for message in part) == [held.order_id for held in orders]


async def test_workers_prepare_overlapping_sets_without_deadlock(flow: Flow) -> None:
    orders = [reserved() for _ in range(60)]
    await asyncio.gather(*(flow.prepare(*(orders if n % 2 else orders[::-1])) for n in range(8)))
    assert {payment.attempts for payment in (await flow.payments()).values()} == {8}


async def test_what_has_ended_is_not_charged_again(flow: Flow) -> None:
    held = reserved("tok_declined")
    await flow.run(held)
    assert await flow.prepare(held) == []


@pytest.mark.parametrize(("why", "reasons"), [("cancelled", []), ("expired", ["reservation_expired"])])
async def test_a_charge_that_comes_after_giving_up_is_refunded(flow: Flow, why: str, reasons: list[str]) -> None:
    held = reserved()
    outcomes = await flow.call(await flow.prepare(held))
    await flow.execute(_GIVE_UP, why=why)
    said = await flow.settle(outcomes)
    failures = [PaymentFailed(order_id=held.order_id, reason=reason) for reason in reasons]
    assert said == [PaymentRefundDue(order_id=held.order_id), *failures]
    assert [row.status for row in await flow.execute(_STATUSES)] == ["REFUNDING"]
    assert (await flow.payments())[held.order_id].status == "COMPLETED", "so it is called until the money is back"


@pytest.mark.parametrize(("why", "status"), [("cancelled", "VOIDED"), ("expired", "FAILED")])
async def test_what_was_given_up_is_voided(flow: Flow, why: str, status: str) -> None:
    held = reserved()
    await flow.call(await flow.prepare(held))
    await flow.execute(_GIVE_UP, why=why)
    errands = await flow.prepare(held)
    assert [type(errand) for errand in errands] == [Void]
    said = await flow.settle(await flow.call(errands))
    assert (
        said
        == {
            "cancelled": [PaymentVoided(order_id=held.order_id)],
            "expired": [PaymentFailed(order_id=held.order_id, reason="reservation_expired")],
        }[why]
    )
    assert (await flow.payments())[held.order_id].status == status
    assert [row.status for row in await flow.execute(_BOOKS)] == ["VOIDED"]


async def test_a_provider_that_keeps_failing_ends_as_an_answer_and_is_reversed(
    flow: Flow, database: Database, settings: Settings, provider: SimulatedProvider
) -> None:
    held = reserved("tok_error")
    [errand] = await flow.prepare(held)
    with pytest.raises(ProviderError):
        await flow.call([errand])
    assert isinstance(errand, Charge)
    resigned = resign(errand)
    assert resigned == Declined(subject=held.order_id, reason="provider_unavailable")
    assert await flow.settle([resigned]) == [PaymentFailed(order_id=held.order_id, reason="provider_unavailable")]

    async with database.transaction() as tx:
        due = await REVERSE.work(tx, 10, settings)
        assert await REVERSE.work(tx, 10, settings) == [], "it is leased"
    assert due == [Void(subject=held.order_id, bill=bill(held), reason="provider_unavailable")]
    assert REVERSE.steps
    outcome = await REVERSE.steps.call(due[0], provider)
    async with database.transaction() as tx:
        await REVERSE.steps.settle(Batch([outcome]), tx, settings)
        kinds = [entry.kind for entry in await views.timeline(tx, held.order_id)]
    assert kinds == ["payment.requested", "payment.declined", "payment.voided"]
    assert [row.status for row in await flow.execute(_BOOKS)] == ["VOIDED"]
    await flow.execute(_VOID_NOW)
    async with database.transaction() as tx:
        assert await store.lease_voids(tx, 10) == []


async def test_settling_stays_on_the_page(flow: Flow) -> None:
    await flow.run(*(reserved() for _ in range(50)))
    stats = text("""
        SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = 'payment' AND relname = 'payment'
    """)
    await flow.execute(text("SELECT pg_stat_force_next_flush()"))
    updates = await eventually(lambda: settled(flow, stats), what="the statistics")
    assert updates.n_tup_hot_upd > 40


async def settled(flow: Flow, stats: Any) -> Any:
    [row] = await flow.execute(stats)
    return row if row.n_tup_upd >= 50 else None
