from messages.stock import StockReleased
from tests.integration.stock.shop import Shop, order


async def test_what_is_paid_leaves_the_house_and_stands_in_the_ledger(shop: Shop) -> None:
    apples = await shop.product(10)
    first, second = order((apples, 3)), order((apples, 1), (apples, 1))
    await shop.reserve(first, second)

    await shop.commit(first.order_id, second.order_id)

    assert await shop.shelf(apples) == (5, 0)
    assert await shop.ledger(apples) == [
        ("initial", 10, None),
        ("committed", -3, first.order_id),
        ("committed", -1, second.order_id),
        ("committed", -1, second.order_id),
    ]


async def test_what_is_not_paid_is_for_sale_again(shop: Shop) -> None:
    apples = await shop.product(10)
    wanted = order((apples, 3))
    await shop.reserve(wanted)

    assert await shop.release(wanted.order_id) == [StockReleased(order_id=wanted.order_id)]

    assert await shop.shelf(apples) == (10, 0)
    assert await shop.ledger(apples) == [("initial", 10, None)]


async def test_a_payment_heard_twice_counts_once(shop: Shop) -> None:
    apples = await shop.product(10)
    paid, unpaid = order((apples, 3)), order((apples, 2))
    await shop.reserve(paid, unpaid)

    for _ in range(2):
        await shop.commit(paid.order_id)
    answers = [await shop.release(unpaid.order_id) for _ in range(2)]

    assert [len(answer) for answer in answers] == [1, 0]
    assert await shop.shelf(apples) == (7, 0)


async def test_the_first_of_two_contrary_payments_decides(shop: Shop) -> None:
    apples = await shop.product(10)
    paid, unpaid = order((apples, 3)), order((apples, 2))
    await shop.reserve(paid, unpaid)
    await shop.commit(paid.order_id)
    await shop.release(unpaid.order_id)

    assert await shop.release(paid.order_id) == []
    await shop.commit(unpaid.order_id)

    assert await shop.shelf(apples) == (7, 0)


async def test_a_payment_of_a_refused_or_unknown_order_moves_nothing(shop: Shop) -> None:
    apples = await shop.product(1)
    refused, unknown = order((apples, 2)), order((apples, 1))
    await shop.reserve(refused)

    await shop.commit(refused.order_id, unknown.order_id)

    assert await shop.release(refused.order_id, unknown.order_id) == []
    assert await shop.shelf(apples) == (1, 0)


async def test_an_order_without_lines_is_released_all_the_same(shop: Shop) -> None:
    empty = order()
    await shop.reserve(empty)

    assert await shop.release(empty.order_id) == [StockReleased(order_id=empty.order_id)]
