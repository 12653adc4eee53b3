import asyncio

from sqlalchemy import text

from messages.stock import StockReleased
from tests.integration.stock.shop import Shop, order
from tests.support.waiting import eventually
from workers.runtime.batch import Batch
from workers.stock import handlers

_BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")


async def test_a_cancelled_set_gets_an_answer_each_and_everything_back(shop: Shop) -> None:
    apples = await shop.product(10)
    held, committed, unknown = order((apples, 1)), order((apples, 2), (apples, 3)), order((apples, 4))
    refused = order((apples, 11))
    await shop.reserve(held, committed, refused)
    await shop.commit(committed.order_id)
    everyone = [each.order_id for each in (held, committed, unknown, refused)]

    for _ in range(2):
        assert await shop.cancel(*everyone) == [StockReleased(order_id=order_id) for order_id in everyone]

    assert await shop.shelf(apples) == (10, 0)
    assert await shop.ledger(apples) == [
        ("initial", 10, None),
        ("committed", -2, committed.order_id),
        ("committed", -3, committed.order_id),
        ("returned", 2, committed.order_id),
        ("returned", 3, committed.order_id),
    ]


async def test_what_was_cancelled_first_gets_nothing_later(shop: Shop) -> None:
    apples = await shop.product(10)
    early = order((apples, 1))
    await shop.cancel(early.order_id)

    assert await shop.reserve(early) == []
    await shop.commit(early.order_id)
    assert await shop.shelf(apples) == (10, 0)


async def test_a_partial_order_gives_back_only_what_it_had(shop: Shop) -> None:
    apples, pears = await shop.product(1), await shop.product(5)
    partial = order((apples, 2), (pears, 3), partial=True)
    await shop.reserve(partial)
    await shop.commit(partial.order_id)
    await shop.cancel(partial.order_id)
    assert [await shop.shelf(product) for product in (apples, pears)] == [(1, 0), (5, 0)]


async def test_a_cancel_that_races_with_its_order_waits_and_releases(shop: Shop) -> None:
    apples = await shop.product(10)
    wanted = order((apples, 3))

    async def is_blocked() -> bool:
        async with shop.database.transaction() as tx:
            return bool((await tx.execute(_BLOCKED)).scalar_one() == 1)

    async with shop.database.transaction() as tx:
        await handlers.reserve(Batch([wanted]), tx, shop.settings)
        cancelling = asyncio.create_task(shop.cancel(wanted.order_id))
        await eventually(is_blocked, what="the cancel waits for the reservation")

    assert await cancelling == [StockReleased(order_id=wanted.order_id)]
    assert await shop.shelf(apples) == (10, 0)


async def test_cancels_orders_and_payments_at_once_end_balanced(shop: Shop) -> None:
    apples = await shop.product(1000)
    orders = [order((apples, 1)) for _ in range(60)]
    ids = [each.order_id for each in orders]
    half = len(ids) // 2
    await shop.reserve(*orders[:half])

    await asyncio.gather(
        shop.reserve(*orders[half:]),
        shop.commit(*ids[:half]),
        shop.cancel(*ids[::-1]),
        shop.cancel(*ids[::2]),
        shop.release(*ids[::3]),
    )
    await shop.cancel(*ids)

    assert await shop.shelf(apples) == (1000, 0)
    assert sum(delta for _, delta, _ in await shop.ledger(apples)) == 1000
