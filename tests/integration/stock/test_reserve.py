from datetime import UTC, datetime, timedelta

import msgspec
from uuid_utils.compat import uuid7

from messages.stock import Shortage, StockNotReserved, StockReserved
from tests.integration.stock.shop import PRICE, Shop, order


async def test_what_is_held_is_reserved_and_stays_on_hand(shop: Shop) -> None:
    apples, pears = await shop.product(10), await shop.product(5)
    wanted = order((apples, 3), (pears, 5))

    said = await shop.reserve(wanted)

    assert said == [StockReserved(order_id=wanted.order_id, amount=8 * PRICE, currency="EUR", payment_method="tok_ok")]
    assert (await shop.shelf(apples), await shop.shelf(pears)) == ((10, 3), (5, 5))


async def test_a_refused_order_holds_nothing(shop: Shop) -> None:
    apples, pears = await shop.product(10), await shop.product(1)
    wanted = order((apples, 3), (pears, 2))

    (said,) = await shop.reserve(wanted)

    short = Shortage(product_id=pears, wanted=2, available=1, name="fruit")
    assert said == StockNotReserved(order_id=wanted.order_id, reason="out_of_stock", short=(short,))
    assert (await shop.shelf(apples), await shop.shelf(pears)) == ((10, 0), (1, 0))


async def test_an_unknown_product_refuses_the_order_and_not_its_neighbours(shop: Shop) -> None:
    apples = await shop.product(10)

    said = await shop.reserve(order((uuid7(), 1), (apples, 1)), order((apples, 1)))

    assert [type(each) for each in said] == [StockNotReserved, StockReserved]
    assert isinstance(said[0], StockNotReserved)
    assert said[0].reason == "unknown_product"
    assert await shop.shelf(apples) == (10, 1)


async def test_two_orders_for_the_last_unit(shop: Shop) -> None:
    apples = await shop.product(1)

    said = await shop.reserve(order((apples, 1)), order((apples, 1)))

    assert [type(each) for each in said] == [StockReserved, StockNotReserved]
    assert await shop.shelf(apples) == (1, 1)


async def test_the_same_product_on_two_lines_counts_together(shop: Shop) -> None:
    apples = await shop.product(3)

    refused, held = await shop.reserve(order((apples, 2), (apples, 2)), order((apples, 2), (apples, 1)))

    assert isinstance(refused, StockNotReserved)
    assert isinstance(held, StockReserved)
    assert await shop.shelf(apples) == (3, 3)


async def test_a_partial_order_is_charged_for_what_it_gets(shop: Shop) -> None:
    apples, pears = await shop.product(2), await shop.product(0)
    wanted = order((apples, 2), (pears, 1), partial=True)

    (said,) = await shop.reserve(wanted)
    await shop.commit(wanted.order_id)

    assert isinstance(said, StockReserved)
    assert said.amount == 2 * PRICE
    assert said.short == (Shortage(product_id=pears, wanted=1, available=0, name="fruit"),)
    assert (await shop.shelf(apples), await shop.shelf(pears)) == ((0, 0), (0, 0))


async def test_an_order_that_comes_again_as_another_message_gets_nothing_more(shop: Shop) -> None:
    apples = await shop.product(5)
    wanted, unlucky = order((apples, 2)), order((apples, 9))
    await shop.reserve(wanted, unlucky)

    assert await shop.reserve(wanted, unlucky) == []
    await shop.commit(wanted.order_id)
    assert await shop.reserve(wanted) == []

    assert await shop.shelf(apples) == (3, 0)


async def test_a_known_order_does_not_keep_its_neighbours_from_theirs(shop: Shop) -> None:
    apples = await shop.product(5)
    known, new = order((apples, 2)), order((apples, 3))
    await shop.reserve(known)

    said = await shop.reserve(known, new)

    assert [each.order_id for each in said] == [new.order_id]
    assert await shop.shelf(apples) == (5, 5)


async def test_a_reservation_expires_when_the_settings_say(shop: Shop) -> None:
    shop.settings = msgspec.structs.replace(shop.settings, reservation_seconds=60.5)
    wanted = order((await shop.product(1), 1))

    await shop.reserve(wanted)

    (held,) = await shop.timeline(wanted.order_id)
    expires = held.detail["expiresAt"]
    assert expires - held.at == timedelta(seconds=60.5)
    assert abs(held.at - datetime.now(UTC)) < timedelta(minutes=1)
