from tests.integration.stock.shop import Shop, order
from workers.stock import reservation_views
from workers.stock.rules import Status


async def test_lists_have_both_kinds_with_their_lines(shop: Shop) -> None:
    apples, pears = await shop.product(5), await shop.product(1)
    partial = order((apples, 2), (pears, 2), partial=True)
    refused = order((apples, 1), (pears, 2))
    await shop.reserve(partial, refused)
    early = order((apples, 1))
    await shop.cancel(early.order_id)
    by_them = await shop.hold((apples, 1), for_order=partial.order_id)
    async with shop.database.transaction() as tx:
        everything = await reservation_views.page(tx, limit=10)
        of_order = await reservation_views.page(tx, limit=10, order_id=partial.order_id)
        held = await reservation_views.page(tx, limit=10, status=Status.HELD)

    by_order = {each.order_id: each for each in everything if each.id != by_them.id}
    assert [item.product_id for item in by_order[partial.order_id].items] == [apples]
    assert [item.product_id for item in by_order[refused.order_id].items] == [apples, pears]
    assert by_order[early.order_id].items == ()
    assert [each.status for each in (by_order[refused.order_id], by_order[early.order_id])] == ["REFUSED", "RELEASED"]
    assert of_order == held == [by_them, by_order[partial.order_id]]
    assert [each.id for each in everything] == sorted((each.id for each in everything), reverse=True)


async def test_pages_follow_each_other(shop: Shop) -> None:
    apples = await shop.product(10)
    made = [(await shop.hold((apples, 1))).id for _ in range(5)]
    async with shop.database.transaction() as tx:
        first = await reservation_views.page(tx, limit=3)
        second = await reservation_views.page(tx, limit=3, before=first[-1].id)
    assert [each.id for each in (*first, *second)] == made[::-1]
