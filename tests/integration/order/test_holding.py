"""An order that is held while its payment is written down: it moves before or after, never meanwhile."""

from tests.integration.order.desk import Desk, not_reserved
from tests.support.blocking import held_up
from workers.order import store
from workers.order.rules import Cancel, Status


async def test_an_order_that_is_held_fails_afterwards(desk: Desk) -> None:
    order = await desk.accepted()
    async with desk.database.transaction() as tx:
        owed = await store.hold(tx, order)
        failing = await held_up(desk.database, desk.hear(not_reserved(order)))
    assert owed
    assert owed.status is Status.PENDING
    assert [message.type() for message in await failing] == ["order.failed"]


async def test_an_order_that_is_held_is_cancelled_afterwards(desk: Desk) -> None:
    order = await desk.accepted()
    async with desk.database.transaction() as tx:
        assert await store.hold(tx, order)
        cancelling = await held_up(desk.database, desk.cancel(order))
    assert await cancelling is Cancel.REQUESTED


async def test_an_order_that_is_being_cancelled_is_seen_as_it_is_then(desk: Desk) -> None:
    order = await desk.accepted()

    async def hold() -> store.Owed | None:
        async with desk.database.transaction() as tx:
            return await store.hold(tx, order)

    async with desk.database.transaction() as tx:
        await store.request_cancel(tx, order)
        holding = await held_up(desk.database, hold())
    owed = await holding
    assert owed
    assert owed.status is Status.CANCELLING
