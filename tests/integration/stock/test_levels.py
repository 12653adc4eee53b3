import asyncio

import msgspec
from sqlalchemy import text

from messages.stock import StockLevelChanged
from tests.integration.stock.shop import Shop, order
from workers.runtime.batch import Batch
from workers.runtime.clock import Clock
from workers.runtime.patience import Patience
from workers.stock import handlers, levels, store

_SAID = text("""
    SELECT envelope -> 'body' AS body FROM post.outbox WHERE envelope ->> 'type' = 'stock.level_changed' ORDER BY id
""")


async def test_a_batch_is_announced_once_with_the_level_that_stands(shop: Shop) -> None:
    apples, pears = await shop.product(10), await shop.product(5)
    await shop.levels()
    orders = [order((apples, 1), (pears, 1)) for _ in range(3)]
    await shop.reserve(*orders)
    await shop.commit(orders[0].order_id)
    await shop.release(orders[1].order_id)

    assert await shop.levels() == [
        StockLevelChanged(product_id=apples, on_hand=9, reserved=1, available=8),
        StockLevelChanged(product_id=pears, on_hand=4, reserved=1, available=3),
    ]
    assert await shop.levels() == []


async def test_a_new_product_has_a_level_and_an_empty_one_has_none(shop: Shop) -> None:
    apples = await shop.product(10)
    await shop.product(0)
    assert await shop.levels() == [StockLevelChanged(product_id=apples, on_hand=10, reserved=0, available=10)]


async def test_only_what_moves_is_announced(shop: Shop) -> None:
    apples = await shop.product(1)
    await shop.levels()
    await shop.reserve(order((apples, 2)))  # refused
    await shop.set_threshold(apples, 7)
    async with shop.database.transaction() as tx:
        await store.change_product(tx, apples, store.ProductChange(name="Apple"))
    await shop.lapse()
    assert await shop.levels() == []


async def test_every_way_a_level_changes_is_announced(shop: Shop) -> None:
    apples = await shop.product(10)
    await shop.levels()
    wanted = order((apples, 1))
    held = await shop.hold((apples, 1), seconds=0)
    kept = await shop.hold((apples, 1))

    async def level() -> tuple[int, int]:
        [said] = await shop.levels()
        return said.on_hand, said.reserved

    assert await level() == (10, 2)
    await shop.lapse()
    assert (await shop.reservation(held.id)).status == "EXPIRED"
    assert await level() == (10, 1)
    await shop.let_go(kept.id)
    assert await level() == (10, 0)
    await shop.add(apples, 2)
    assert await level() == (12, 0)
    await shop.remove(apples, 3)
    assert await level() == (9, 0)
    await shop.reserve(wanted)
    assert await level() == (9, 1)
    await shop.commit(wanted.order_id)
    assert await level() == (8, 0)
    await shop.cancel(wanted.order_id)
    assert await level() == (9, 0)


async def test_a_change_that_commits_after_the_look_is_announced_by_the_next(shop: Shop) -> None:
    apples = await shop.product(10)
    await shop.levels()
    early, late = order((apples, 1)), order((apples, 2))
    await shop.reserve(early)
    async with shop.database.transaction() as taking, shop.database.transaction() as writing:
        await handlers.reserve(Batch([late]), writing, shop.settings)
        assert [said.reserved for said in await levels.take(taking, 100)] == [1]
    assert [said.reserved for said in await shop.levels()] == [3]
    assert await shop.levels() == []


async def test_a_change_that_commits_while_rows_are_taken_is_announced_by_the_next(shop: Shop) -> None:
    apples = await shop.product(10)
    async with shop.database.transaction() as taking:
        assert [said.reserved for said in await levels.take(taking, 100)] == [0]
        await shop.reserve(order((apples, 2)))
    assert [said.reserved for said in await shop.levels()] == [2]


async def test_what_was_taken_and_not_committed_is_taken_again(shop: Shop) -> None:
    await shop.product(10)
    tx = shop.database.transaction()
    connection = await tx.__aenter__()
    assert len(await levels.take(connection, 100)) == 1
    await connection.rollback()
    await tx.__aexit__(None, None, None)
    assert len(await shop.levels()) == 1


async def test_one_announces_at_a_time_so_that_no_older_level_is_said_last(shop: Shop) -> None:
    apples = await shop.product(10)
    async with shop.database.transaction() as first:
        assert len(await levels.take(first, 100)) == 1
        await shop.reserve(order((apples, 1)))
        assert await shop.levels() == []
    assert [said.reserved for said in await shop.levels()] == [1]


async def test_many_products_are_taken_in_bites(shop: Shop) -> None:
    products = [await shop.product(1) for _ in range(5)]
    bites = [await shop.levels(limit=2) for _ in range(3)]
    assert [len(bite) for bite in bites] == [2, 2, 1]
    assert sorted(said.product_id for bite in bites for said in bite) == sorted(products)


async def test_whoever_listens_ends_with_the_truth(shop: Shop) -> None:
    """Eight writers and two announcers at once: the last thing said of each product is how it stands."""
    products = [await shop.product(200) for _ in range(3)]
    is_over = asyncio.Event()

    async def write() -> None:
        for _ in range(12):
            orders = [order(*((product, 1) for product in products)) for _ in range(2)]
            await shop.reserve(*orders)
            await shop.release(orders[0].order_id)

    async def announce() -> None:
        timer = handlers.room.timers["announce"]
        clock = Clock(timer, shop.database, shop.settings, Patience(shop.database.probe), said_by="stock")
        while not is_over.is_set():
            await clock.tick()

    announcing = [asyncio.create_task(announce()) for _ in range(2)]
    await asyncio.gather(*(write() for _ in range(8)))
    is_over.set()
    await asyncio.gather(*announcing)
    last = await shop.levels()

    async with shop.database.transaction() as tx:
        said = [msgspec.convert(body, StockLevelChanged) for body in (await tx.execute(_SAID)).scalars()]
    known = {str(each.product_id): (each.on_hand, each.reserved) for each in (*said, *last)}
    assert known == {str(product): await shop.shelf(product) for product in products}
