import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from tests.integration.stock.shop import Shop, order, paid
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.stock import handlers, store, views
from workers.stock.store import NewProduct

_UPDATES = text("""
    SELECT pg_stat_get_xact_tuples_updated(cast(:table AS regclass)),
           pg_stat_get_xact_tuples_hot_updated(cast(:table AS regclass))
""")
NEW = NewProduct(name="Apple", price=120, currency="EUR", sku="APL", stock=4, low_stock_threshold=2)


async def test_a_product_is_shown_in_the_shape_of_the_contract(database: Database) -> None:
    async with database.transaction() as tx:
        made = await store.create_product(tx, NEW)
        assert await views.get(tx, made.id) == made

    shown = msgspec.to_builtins(made)
    times = (shown.pop("createdAt"), shown.pop("updatedAt"))
    assert all(times)
    assert shown == {
        "id": str(made.id),
        "sku": "APL",
        "name": "Apple",
        "price": 120,
        "currency": "EUR",
        "onHand": 4,
        "reserved": 0,
        "available": 4,
        "lowStockThreshold": 2,
    }


async def test_a_second_product_with_the_sku_is_refused_and_the_transaction_goes_on(database: Database) -> None:
    async with database.transaction() as tx:
        made = await store.create_product(tx, NEW)
        with pytest.raises(store.DuplicateSku, match="APL"):
            await store.create_product(tx, NEW)

        assert await views.page(tx, limit=10) == [made]


async def test_products_without_sku_do_not_stand_in_each_others_way(database: Database) -> None:
    nameless = msgspec.structs.replace(NEW, sku=None)
    async with database.transaction() as tx:
        for _ in range(2):
            await store.create_product(tx, nameless)

        assert len(await views.page(tx, limit=10)) == 2


async def test_added_stock_is_available_and_in_the_ledger(shop: Shop) -> None:
    apples = await shop.product(0)
    async with shop.database.transaction() as tx:
        changed = await store.add_stock(tx, apples, 7)

    assert changed is not None
    assert (changed.on_hand, changed.available) == (7, 7)
    assert await shop.ledger(apples) == [("added", 7, None)]


async def test_stock_of_an_unknown_product_cannot_be_added(database: Database) -> None:
    async with database.transaction() as tx:
        assert await store.add_stock(tx, uuid7(), 1) is None
        assert await views.get(tx, uuid7()) is None


async def test_pages_follow_each_other_newest_first(shop: Shop) -> None:
    made = [await shop.product(1) for _ in range(5)]
    async with shop.database.transaction() as tx:
        first = await views.page(tx, limit=2)
        second = await views.page(tx, limit=2, before=first[-1].id)
        last = await views.page(tx, limit=2, before=second[-1].id)

    assert [product.id for product in (*first, *second, *last)] == made[::-1]


async def test_prices_are_those_of_what_is_sold(shop: Shop) -> None:
    sold, gone = await shop.product(1), await shop.product(1)
    async with shop.database.transaction() as tx:
        await tx.execute(text("UPDATE stock.product SET deleted_at = now() WHERE id = :id"), {"id": gone})

        assert await views.prices(tx, [sold, gone, uuid7()]) == {
            sold: views.Price(name="fruit", price=250, currency="EUR")
        }


async def test_the_database_itself_refuses_to_oversell(shop: Shop) -> None:
    apples = await shop.product(1)
    with pytest.raises(IntegrityError, match="product_on_hand_check"):
        async with shop.database.transaction() as tx:
            await tx.execute(text("UPDATE stock.product SET reserved = 2 WHERE id = :id"), {"id": apples})


async def test_the_way_of_a_reservation_is_updates_in_place(shop: Shop) -> None:
    wanted = order((await shop.product(5), 1))
    async with shop.database.transaction() as tx:
        await handlers.reserve(Batch([wanted]), tx, shop.settings)
        await handlers.commit(Batch([paid(wanted.order_id)]), tx)
        for table in ("stock.product", "stock.reservation"):
            updated, in_place = (await tx.execute(_UPDATES, {"table": table})).one()
            assert updated == in_place > 0
