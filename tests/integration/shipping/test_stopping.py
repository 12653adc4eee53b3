import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages.order import OrderCancellationRequested
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from tests.support.waiting import eventually
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.shipping import handlers, store, views

_BUSY = text("SELECT sum(busy) FROM shipping.agent")
_UNDER_WAY = text("""
    SELECT count(*) FROM shipping.shipment WHERE agent_id IS NOT NULL AND status IN ('PREPARING', 'IN_TRANSIT')
""")
_BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")


class Yard:
    """The shipping room on a database, with agents, each step in a transaction of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = replace(settings, handling_seconds=0, transit_seconds=0)

    async def prepare(self, *orders: UUID) -> None:
        paid = [PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1, currency="EUR") for order in orders]
        async with self.database.transaction() as tx:
            await handlers.prepare(Batch(paid), tx, self.settings)

    async def stop(self, *orders: UUID) -> dict[UUID, type]:
        async with self.database.transaction() as tx:
            said = await handlers.stop(Batch(OrderCancellationRequested(order_id=order) for order in orders), tx)
        assert len(said) == len(orders)
        return {message.order_id: type(message) for message in said}

    async def dispatch(self, limit: int = 200) -> Sequence[OrderShipped]:
        async with self.database.transaction() as tx:
            return await handlers.dispatch(tx, limit, self.settings)

    async def confirm(self, order: UUID) -> OrderDelivered | None:
        async with self.database.transaction() as tx:
            return await store.confirm_delivery(tx, order)

    async def count(self, statement: object) -> int:
        async with self.database.transaction() as tx:
            counted: int = (await tx.execute(statement)).scalar_one()  # type: ignore[call-overload]
        return counted

    async def shipment(self, order: UUID) -> views.Shipment:
        async with self.database.transaction() as tx:
            [found] = await views.page(tx, limit=2, order_id=order)
        return found


@pytest.fixture
async def yard(database: Database, settings: Settings) -> Yard:
    yard = Yard(database, settings)
    async with database.transaction() as tx:
        for name in ("Ada", "Bob", "Cy"):
            await store.add_agent(tx, name)
    return yard


async def test_a_set_is_stopped_each_by_where_it_is(yard: Yard) -> None:
    preparing, moving, unknown = uuid7(), uuid7(), uuid7()
    await yard.prepare(moving)
    await yard.dispatch()
    await yard.prepare(preparing)

    for _ in range(2):
        assert await yard.stop(unknown, moving, preparing) == {
            unknown: ShippingStopped,
            moving: ShippingNotStopped,
            preparing: ShippingStopped,
        }

    assert await yard.count(_BUSY) == 1
    assert await yard.dispatch() == []
    assert [event.status for event in (await yard.shipment(preparing)).history] == ["PREPARING", "STOPPED"]
    assert [event.status for event in (await yard.shipment(unknown)).history] == ["STOPPED"]


async def test_what_was_stopped_first_is_not_prepared_and_keeps_no_agent_busy(yard: Yard) -> None:
    order = uuid7()
    await yard.stop(order)
    await yard.prepare(order)
    assert ((await yard.shipment(order)).status, await yard.count(_BUSY)) == ("STOPPED", 0)


async def test_the_row_lock_decides_between_dispatch_and_cancel(yard: Yard) -> None:
    order = uuid7()
    await yard.prepare(order)

    async def is_blocked() -> bool:
        return await yard.count(_BLOCKED) == 1

    async with yard.database.transaction() as tx:
        assert len(await handlers.dispatch(tx, 10, yard.settings)) == 1
        stopping = asyncio.create_task(yard.stop(order))
        await eventually(is_blocked, what="the cancel waits for the dispatch")
    assert await stopping == {order: ShippingNotStopped}


async def test_a_cancel_under_way_is_not_dispatched(yard: Yard) -> None:
    order = uuid7()
    await yard.prepare(order)
    async with yard.database.transaction() as tx:
        await handlers.stop(Batch([OrderCancellationRequested(order_id=order)]), tx)
        assert await yard.dispatch() == []
    assert await yard.dispatch() == []


async def test_a_cancel_that_races_with_its_payment_waits_and_stops(yard: Yard) -> None:
    order = uuid7()

    async def is_blocked() -> bool:
        return await yard.count(_BLOCKED) == 1

    async with yard.database.transaction() as tx:
        paid = PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1, currency="EUR")
        await handlers.prepare(Batch([paid]), tx, yard.settings)
        stopping = asyncio.create_task(yard.stop(order))
        await eventually(is_blocked, what="the cancel waits for the preparation")
    assert await stopping == {order: ShippingStopped}
    assert ((await yard.shipment(order)).status, await yard.count(_BUSY)) == ("STOPPED", 0)


async def test_at_once_everything_is_either_stopped_or_shipped_and_agents_are_counted_right(yard: Yard) -> None:
    orders = [uuid7() for _ in range(90)]
    half = len(orders) // 2
    await yard.prepare(*orders[:half])

    stopping, preparing = (
        asyncio.create_task(yard.stop(*orders[::-1])),
        asyncio.create_task(yard.prepare(*orders[half:])),
    )
    shipped = await asyncio.gather(*(yard.dispatch(10) for _ in range(4)))
    stopped, _ = await asyncio.gather(stopping, preparing)
    shipped.append(await yard.dispatch())

    left = {message.order_id for part in shipped for message in part}
    assert {order for order, said in stopped.items() if said is ShippingNotStopped} == left
    assert await yard.count(_BUSY) == await yard.count(_UNDER_WAY) == len(left)


async def test_somebody_who_confirms_the_delivery_ends_the_journey_once(yard: Yard) -> None:
    yard.settings = replace(yard.settings, transit_seconds=600)
    order = uuid7()
    await yard.prepare(order)
    assert await yard.confirm(order) is None
    await yard.dispatch()

    answers = await asyncio.gather(*(yard.confirm(order) for _ in range(5)))

    shipment = await yard.shipment(order)
    assert [answer for answer in answers if answer] == [OrderDelivered(order_id=order, shipment_id=shipment.id)]
    assert (shipment.status, await yard.count(_BUSY)) == ("DELIVERED", 0)
    assert await yard.confirm(uuid7()) is None
