import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from messages.stock import StockReleased, StockReservationExpired, StockReserved
from tests.integration.stock.shop import Shop, order
from workers.stock import reservation_views
from workers.stock.by_hand import InUse, NotAvailable, UnknownProducts
from workers.stock.reservation_views import Reservation, ReservationItem

_MIXED = text("UPDATE stock.reservation SET meant_for = order_id WHERE order_id IS NOT NULL")
_DUE = text("SELECT count(*) FROM stock.reservation WHERE lapses_at IS NOT NULL")


async def test_what_is_held_is_reserved_until_it_is_released(shop: Shop) -> None:
    apples, pears = await shop.product(10), await shop.product(5)

    held = await shop.hold((apples, 3), (pears, 5), seconds=60)

    assert held.items == (ReservationItem(product_id=apples, quantity=3), ReservationItem(product_id=pears, quantity=5))
    assert (held.status, held.order_id) == ("HELD", None)
    assert abs(held.expires_at - datetime.now(UTC) - timedelta(seconds=60)) < timedelta(seconds=30)
    assert await shop.reservation(held.id) == held
    assert [await shop.shelf(product) for product in (apples, pears)] == [(10, 3), (5, 5)]
    for _ in range(2):
        released = await shop.let_go(held.id)
        assert released is not None
        assert released.status == "RELEASED"
    assert [await shop.shelf(product) for product in (apples, pears)] == [(10, 0), (5, 0)]
    assert await shop.ledger(apples) == [("initial", 10, None)]


async def test_all_or_nothing(shop: Shop) -> None:
    apples, pears = await shop.product(10), await shop.product(1)
    with pytest.raises(NotAvailable) as raised:
        await shop.hold((apples, 3), (pears, 2))
    assert raised.value.available == {pears: 1}
    assert [await shop.shelf(product) for product in (apples, pears)] == [(10, 0), (1, 0)]


async def test_what_is_not_sold_is_named_first(shop: Shop) -> None:
    pears, unknown = await shop.product(1), uuid7()
    with pytest.raises(UnknownProducts) as raised:
        await shop.hold((pears, 2), (unknown, 1))
    assert raised.value.products == {unknown}


async def test_two_lines_of_one_product_count_together(shop: Shop) -> None:
    apples = await shop.product(3)
    with pytest.raises(NotAvailable):
        await shop.hold((apples, 2), (apples, 2))
    held = await shop.hold((apples, 2), (apples, 1))
    assert [item.quantity for item in held.items] == [2, 1]
    assert await shop.shelf(apples) == (3, 3)
    await shop.let_go(held.id)
    assert await shop.shelf(apples) == (3, 0)


async def test_the_time_of_what_is_held_runs_out_by_itself(shop: Shop) -> None:
    apples = await shop.product(10)
    short, long = await shop.hold((apples, 3), (apples, 1), seconds=0), await shop.hold((apples, 2))

    for _ in range(2):
        await shop.lapse()

    assert [(await shop.reservation(each.id)).status for each in (short, long)] == ["EXPIRED", "HELD"]
    assert await shop.shelf(apples) == (10, 2)
    late = await shop.let_go(short.id)
    assert late is not None
    assert late.status == "EXPIRED"
    assert await shop.shelf(apples) == (10, 2)


async def test_workers_share_what_lapses(shop: Shop) -> None:
    apples = await shop.product(100)
    for _ in range(20):
        await shop.hold((apples, 1), seconds=0)
    await asyncio.gather(*(shop.lapse(5) for _ in range(4)))
    while (await shop.shelf(apples))[1]:
        await shop.lapse(5)
    async with shop.database.transaction() as tx:
        assert (await tx.execute(_DUE)).scalar_one() == 0


async def test_the_order_that_it_names_has_its_own(shop: Shop) -> None:
    """Held for an order first: the order still gets its stock, is paid, and the other goes its own way."""
    apples = await shop.product(10)
    wanted = order((apples, 3))
    held = await shop.hold((apples, 2), for_order=wanted.order_id, seconds=0)

    [said] = await shop.reserve(wanted)
    assert isinstance(said, StockReserved)
    assert await shop.shelf(apples) == (10, 5)
    await shop.commit(wanted.order_id)
    assert await shop.shelf(apples) == (7, 2)
    assert await shop.cancel(wanted.order_id) == [StockReleased(order_id=wanted.order_id)]
    assert await shop.shelf(apples) == (10, 2)
    assert await shop.expire() == []  # nobody asks payment about it
    await shop.lapse()
    assert await shop.shelf(apples) == (10, 0)
    assert (await shop.reservation(held.id)).order_id == wanted.order_id


async def test_the_clock_of_the_one_is_not_that_of_the_other(shop: Shop) -> None:
    apples = await shop.product(10)
    wanted = order((apples, 3))
    await shop.reserve(wanted)
    async with shop.database.transaction() as tx:
        await tx.execute(text("UPDATE stock.reservation SET expires_at = now() - interval '1 second'"))
    await shop.lapse()
    assert await shop.shelf(apples) == (10, 3)
    assert await shop.expire() == [StockReservationExpired(order_id=wanted.order_id)]


async def test_the_tables_keep_the_two_apart(shop: Shop) -> None:
    await shop.reserve(order((await shop.product(1), 1)))
    with pytest.raises(IntegrityError, match="reservation_by_hand_check"):
        async with shop.database.transaction() as tx:
            await tx.execute(_MIXED)


async def test_what_an_order_is_using_cannot_be_released_by_hand(shop: Shop) -> None:
    apples = await shop.product(10)
    held, committed, gone = (order((apples, 1)) for _ in range(3))
    await shop.reserve(held, committed, gone)
    await shop.commit(committed.order_id)
    await shop.release(gone.order_id)
    for wanted in (held, committed):
        with pytest.raises(InUse):
            await shop.let_go((await _of(shop, wanted.order_id)).id)
    released = await shop.let_go((await _of(shop, gone.order_id)).id)
    assert released is not None
    assert released.status == "RELEASED"
    assert await shop.shelf(apples) == (9, 1)
    assert await shop.let_go(uuid7()) is None


async def _of(shop: Shop, order_id: UUID) -> Reservation:
    async with shop.database.transaction() as tx:
        [found] = await reservation_views.page(tx, limit=10, order_id=order_id)
    return found
