import asyncio

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from messages.order import OrderCancellationRequested
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, ShippingNotStopped, ShippingStopped
from tests.integration.shipping.yard import Yard
from tests.support.waiting import eventually
from workers.runtime.batch import Batch
from workers.shipping import handlers


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

    assert sum((await yard.busy()).values()) == 1
    assert await yard.dispatch() == []
    assert [event.status for event in (await yard.of(preparing)).history] == ["PREPARING", "STOPPED"]
    assert [event.status for event in (await yard.of(unknown)).history] == ["STOPPED"]


async def test_what_was_stopped_first_is_not_prepared_and_keeps_no_agent_busy(yard: Yard) -> None:
    order = uuid7()
    await yard.stop(order)
    await yard.prepare(order)
    assert ((await yard.of(order)).status, sum((await yard.busy()).values())) == ("STOPPED", 0)


async def test_the_row_lock_decides_between_dispatch_and_cancel(yard: Yard) -> None:
    order = uuid7()
    await yard.prepare(order)

    async def is_blocked() -> bool:
        return await yard.blocked() == 1

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
        return await yard.blocked() == 1

    async with yard.database.transaction() as tx:
        paid = PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1, currency="EUR")
        await handlers.prepare(Batch([paid]), tx, yard.settings)
        stopping = asyncio.create_task(yard.stop(order))
        await eventually(is_blocked, what="the cancel waits for the preparation")
    assert await stopping == {order: ShippingStopped}
    assert ((await yard.of(order)).status, sum((await yard.busy()).values())) == ("STOPPED", 0)


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
    assert sum((await yard.busy()).values()) == sum((await yard.under_way()).values()) == len(left)


async def test_somebody_who_confirms_the_delivery_ends_the_journey_once(yard: Yard) -> None:
    yard.settings = replace(yard.settings, transit_seconds=600)
    order = uuid7()
    await yard.prepare(order)
    assert await yard.confirm(order) is None
    await yard.dispatch()

    answers = await asyncio.gather(*(yard.confirm(order) for _ in range(5)))

    shipment = await yard.of(order)
    assert [answer for answer in answers if answer] == [OrderDelivered(order_id=order, shipment_id=shipment.id)]
    assert (shipment.status, sum((await yard.busy()).values())) == ("DELIVERED", 0)
    assert await yard.confirm(uuid7()) is None
