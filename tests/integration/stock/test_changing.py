"""Products that are changed and deleted, and stock that is removed by hand."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages.stock import StockNotReserved
from tests.integration.stock.shop import Shop, order
from tests.support.waiting import eventually
from workers.stock import store, views
from workers.stock.store import Changed, DuplicateSku, NewProduct, NotEnough, ProductChange

_BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")
NEW = NewProduct(name="Apple", price=120, currency="EUR", sku="APL", stock=4, low_stock_threshold=2)


async def made(shop: Shop, **changes: Any) -> UUID:
    async with shop.database.transaction() as tx:
        return (await store.create_product(tx, msgspec.structs.replace(NEW, **changes))).id


async def change(shop: Shop, product: UUID, **changes: Any) -> Changed | None:
    async with shop.database.transaction() as tx:
        return await store.change_product(tx, product, ProductChange(**changes))


async def delete(shop: Shop, product: UUID) -> bool | None:
    async with shop.database.transaction() as tx:
        return await store.delete_product(tx, product)


async def test_what_is_given_changes_and_the_rest_stays(shop: Shop) -> None:
    apple = await made(shop)
    changed = await change(shop, apple, price=130)
    assert changed is not None
    after = changed.after
    assert after == msgspec.structs.replace(changed.before, price=130, updated_at=after.updated_at)
    assert after.updated_at > changed.before.updated_at
    changed = await change(shop, apple, sku=None, name="Pear", currency="GBP", low_stock_threshold=9)
    assert changed is not None
    after = changed.after
    assert (after.sku, after.name, after.price, after.currency, after.low_stock_threshold) == (
        None,
        "Pear",
        130,
        "GBP",
        9,
    )
    async with shop.database.transaction() as tx:
        assert await views.get(tx, apple) == after


async def test_what_is_so_already_does_not_change(shop: Shop) -> None:
    apple = await made(shop)
    changed = await change(shop, apple, name="Apple", sku="APL")
    assert changed is not None
    assert changed.after == changed.before


async def test_a_sku_that_somebody_has_is_refused(shop: Shop) -> None:
    await made(shop)
    other = await made(shop, sku="OTH")
    with pytest.raises(DuplicateSku, match="APL"):
        await change(shop, other, sku="APL")
    assert await change(shop, other, sku="OTHER")


async def test_a_sku_is_free_once_its_product_is_deleted(shop: Shop) -> None:
    await delete(shop, await made(shop))
    await made(shop)
    with pytest.raises(DuplicateSku):
        await made(shop)


async def test_nothing_changes_of_what_is_deleted_or_never_was(shop: Shop) -> None:
    apple = await made(shop)
    assert await delete(shop, apple) is True
    assert await delete(shop, apple) is False
    assert await delete(shop, uuid7()) is None
    for product in (apple, uuid7()):
        assert await change(shop, product, price=1) is None
        async with shop.database.transaction() as tx:
            assert await store.remove_stock(tx, product, 1) is None
            assert await store.add_stock(tx, product, 1) is None


async def test_deleted_by_many_at_once_it_is_deleted_by_one(shop: Shop) -> None:
    apple = await made(shop)
    assert sorted(await asyncio.gather(*(delete(shop, apple) for _ in range(8))), key=bool) == [False] * 7 + [True]


async def test_what_is_deleted_cannot_be_ordered_and_what_was_ordered_goes_its_way(shop: Shop) -> None:
    apple = await made(shop)
    paid, unpaid, late = (order((apple, 1)) for _ in range(3))
    await shop.reserve(paid, unpaid)
    await delete(shop, apple)

    [said] = await shop.reserve(late)
    assert isinstance(said, StockNotReserved)
    assert said.reason == "unknown_product"
    await shop.commit(paid.order_id)
    await shop.release(unpaid.order_id)
    async with shop.database.transaction() as tx:
        row = (await tx.execute(text("SELECT on_hand, reserved FROM stock.product"))).one()
    assert tuple(row) == (3, 0)
    assert await shop.ledger(apple) == [("initial", 4, None), ("committed", -1, paid.order_id)]


async def test_of_two_that_take_a_sku_at_once_one_gets_it(shop: Shop) -> None:
    products = [await made(shop, sku=f"S{number}") for number in range(8)]
    results = await asyncio.gather(*(change(shop, each, sku="NEW") for each in products), return_exceptions=True)
    assert sorted(isinstance(result, DuplicateSku) for result in results) == [False] + [True] * 7


async def test_products_that_want_each_others_sku_do_not_deadlock(shop: Shop) -> None:
    first, second = await made(shop, sku="A"), await made(shop, sku="B")
    for _ in range(20):
        results = await asyncio.gather(
            change(shop, first, sku="B"), change(shop, second, sku="A"), return_exceptions=True
        )
        assert all(isinstance(result, DuplicateSku) for result in results)


async def test_a_sku_of_a_product_that_is_being_made_is_waited_for(shop: Shop) -> None:
    apple = await made(shop, sku="A")

    async def is_blocked() -> bool:
        async with shop.database.transaction() as tx:
            return bool((await tx.execute(_BLOCKED)).scalar_one() == 1)

    async with shop.database.transaction() as tx:
        await store.create_product(tx, msgspec.structs.replace(NEW, sku="B"))
        changing = asyncio.create_task(change(shop, apple, sku="B"))
        await eventually(is_blocked, what="the change waits for the product")
    with pytest.raises(DuplicateSku, match="B"):
        await changing


async def test_only_what_is_available_can_be_removed(shop: Shop) -> None:
    apple = await made(shop)
    await shop.reserve(order((apple, 1)))
    with pytest.raises(NotEnough) as raised:
        await shop.remove(apple, 4)
    assert raised.value.available == 3
    await shop.remove(apple, 3)
    assert await shop.shelf(apple) == (1, 1)
    assert await shop.ledger(apple) == [("initial", 4, None), ("removed", -3, None)]


async def test_removals_and_orders_at_once_never_take_more_than_there_is(shop: Shop) -> None:
    apple = await made(shop, stock=40)

    async def remove() -> int:
        try:
            await shop.remove(apple, 3)
        except NotEnough:
            return 0
        return 3

    removed = sum(await asyncio.gather(*(remove() for _ in range(10)), *(_order(shop, apple) for _ in range(16))))
    on_hand, reserved = await shop.shelf(apple)
    left = on_hand - reserved
    assert removed == 40 - left
    assert left < 3


async def _order(shop: Shop, product: UUID) -> int:
    [said] = await shop.reserve(order((product, 1)))
    return 0 if isinstance(said, StockNotReserved) else 1
