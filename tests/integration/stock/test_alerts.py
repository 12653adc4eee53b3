from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from messages.post import outbox
from messages.post.envelope import Envelope
from messages.stock import StockDepleted, StockLow
from tests.integration.stock.shop import Shop, order
from workers.runtime.batch import Batch
from workers.stock import handlers, store

LOW, DEPLETED = "low", "depleted"
_DELETE = text("UPDATE stock.product SET deleted_at = now() WHERE id = :id")


async def go_to(shop: Shop, product: UUID, level: int) -> None:
    """Bring what is available of a product to ``level``, by hand."""
    on_hand, reserved = await shop.shelf(product)
    difference = level - (on_hand - reserved)
    if difference > 0:
        await shop.add(product, difference)
    elif difference < 0:
        await shop.remove(product, -difference)


@pytest.mark.parametrize(
    ("threshold", "levels", "said"),
    [
        (5, (100, 6), []),
        (5, (100, 5), [LOW]),
        (5, (100, 5, 4, 1), [LOW]),
        (5, (100, 3, 0), [LOW, DEPLETED]),
        (5, (100, 0), [DEPLETED]),
        (5, (100, 5, 6, 5), [LOW]),  # not recovered: the margin is 1
        (5, (100, 5, 7, 5), [LOW, LOW]),
        (5, (100, 0, 1, 0, 6, 5, 0), [DEPLETED]),
        (5, (100, 0, 7, 5, 0), [DEPLETED, LOW, DEPLETED]),
        (50, (100, 50, 55, 50), [LOW]),  # a tenth of the threshold
        (50, (100, 50, 56, 50), [LOW, LOW]),
        (0, (100, 1), []),
        (0, (100, 0), [DEPLETED]),
        (0, (100, 0, 1, 0), [DEPLETED]),
        (0, (100, 0, 2, 0), [DEPLETED, DEPLETED]),
        (5, (3, 2), []),  # it began so
        (5, (3, 0), [DEPLETED]),
        (5, (0, 100, 5), [LOW]),
        (5, (0, 3, 0), [DEPLETED]),
    ],
    ids=str,
)
async def test_a_crossing_is_said_once_until_the_product_has_recovered(
    shop: Shop, threshold: int, levels: tuple[int, ...], said: list[str]
) -> None:
    product = await shop.product(levels[0], threshold=threshold)
    for level in levels[1:]:
        await go_to(shop, product, level)
    assert await shop.alerts(product) == said


async def test_the_alert_says_what_the_notice_needs(shop: Shop) -> None:
    new = store.NewProduct(name="Tea", price=1, currency="EUR", sku="TEA", stock=9, low_stock_threshold=5)
    async with shop.database.transaction() as tx:
        tea = (await store.create_product(tx, new)).id
    await shop.reserve(order((tea, 6)), order((tea, 3)))
    async with shop.database.transaction() as tx:
        [envelope] = (await outbox.lease(tx, limit=10, seconds=1)).values()
    assert isinstance(envelope, Envelope)
    assert (envelope.said_by, envelope.subject) == ("stock", tea)
    assert msgspec.json.decode(envelope.body, type=StockDepleted) == StockDepleted(
        product_id=tea, sku="TEA", name="Tea"
    )


async def test_low_says_what_is_left_and_of_how_much(shop: Shop) -> None:
    tea = await shop.product(9, threshold=5)
    await shop.reserve(order((tea, 2)), order((tea, 3)))
    async with shop.database.transaction() as tx:
        [envelope] = (await outbox.lease(tx, limit=10, seconds=1)).values()
    assert isinstance(envelope, Envelope)
    expected = StockLow(product_id=tea, sku=None, name="fruit", available=4, threshold=5)
    assert msgspec.json.decode(envelope.body, type=StockLow) == expected


async def test_orders_cross_and_releases_recover(shop: Shop) -> None:
    apples = await shop.product(20, threshold=5)
    orders = [order((apples, 1)) for _ in range(16)]
    ids = [each.order_id for each in orders]
    await shop.reserve(*orders)
    assert await shop.alerts(apples) == [LOW]
    await shop.release(*ids[:2])  # 6 available: not enough
    await shop.reserve(order((apples, 1)))
    assert await shop.alerts(apples) == [LOW]
    await shop.cancel(*ids[2:5])  # 8 available
    await shop.reserve(order((apples, 4)))
    assert await shop.alerts(apples) == [LOW, LOW]


async def test_what_leaves_the_house_was_not_available_before(shop: Shop) -> None:
    apples = await shop.product(10, threshold=5)
    wanted = order((apples, 4))
    await shop.reserve(wanted)
    await shop.commit(wanted.order_id)
    assert await shop.alerts(apples) == []


async def test_reservations_by_hand_cross_as_well(shop: Shop) -> None:
    apples = await shop.product(10, threshold=5)
    held = await shop.hold((apples, 10), seconds=0)
    assert await shop.alerts(apples) == [DEPLETED]
    await shop.lapse()
    await shop.hold((apples, 5))
    assert (await shop.reservation(held.id)).status == "EXPIRED"
    assert await shop.alerts(apples) == [DEPLETED, LOW]


async def test_a_threshold_that_rises_to_what_is_there_is_a_crossing(shop: Shop) -> None:
    apples = await shop.product(10, threshold=5)
    await shop.set_threshold(apples, 9)
    assert await shop.alerts(apples) == []
    for _ in range(2):
        await shop.set_threshold(apples, 10)
    assert await shop.alerts(apples) == [LOW]
    await shop.set_threshold(apples, 9)  # 10 are there: not recovered
    await shop.set_threshold(apples, 10)
    assert await shop.alerts(apples) == [LOW]
    await shop.set_threshold(apples, 5)
    await shop.set_threshold(apples, 10)
    assert await shop.alerts(apples) == [LOW, LOW]


async def test_a_threshold_does_not_empty_a_shelf(shop: Shop) -> None:
    """Nothing has fallen where nothing ever was."""
    apples = await shop.product(0)
    await shop.set_threshold(apples, 5)
    assert await shop.alerts(apples) == []


async def test_nobody_is_told_of_what_is_no_longer_sold(shop: Shop) -> None:
    apples = await shop.product(10, threshold=5)
    wanted = order((apples, 10))
    async with shop.database.transaction() as tx:
        await handlers.reserve(Batch([wanted]), tx, shop.settings)
        await tx.execute(text("DELETE FROM post.outbox"))
        await tx.execute(_DELETE, {"id": apples})
    await shop.release(wanted.order_id)
    await shop.cancel(wanted.order_id)
    assert await shop.alerts(apples) == []


async def test_what_does_not_commit_is_not_said_and_crosses_again(shop: Shop) -> None:
    apples = await shop.product(10, threshold=5)
    with pytest.raises(RuntimeError, match="killed"):
        await _reserve_and_die(shop, apples)
    assert await shop.alerts(apples) == []
    await shop.reserve(order((apples, 8)))
    assert await shop.alerts(apples) == [LOW]


async def _reserve_and_die(shop: Shop, product: UUID) -> None:
    async with shop.database.transaction() as tx:
        await handlers.reserve(Batch([order((product, 8))]), tx, shop.settings)
        raise RuntimeError("killed")
