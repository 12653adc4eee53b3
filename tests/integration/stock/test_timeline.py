from tests.integration.stock.shop import Shop, order


async def test_a_paid_order_was_held_and_committed(shop: Shop) -> None:
    apples = await shop.product(1)
    wanted = order((apples, 1))
    await shop.reserve(wanted)
    await shop.commit(wanted.order_id)

    held, committed = await shop.timeline(wanted.order_id)

    assert (held.room, held.kind) == ("stock", "reservation.held")
    assert held.detail["items"] == [{"productId": apples, "quantity": 1}]
    assert committed.kind == "reservation.committed"
    assert committed.at > held.at


async def test_an_unpaid_order_was_held_and_released(shop: Shop) -> None:
    wanted = order((await shop.product(1), 1))
    await shop.reserve(wanted)
    await shop.release(wanted.order_id)

    assert [entry.kind for entry in await shop.timeline(wanted.order_id)] == [
        "reservation.held",
        "reservation.released",
    ]


async def test_a_refused_order_says_what_was_missing(shop: Shop) -> None:
    apples = await shop.product(1)
    wanted = order((apples, 2))
    await shop.reserve(wanted)

    (refused,) = await shop.timeline(wanted.order_id)

    assert refused.kind == "reservation.refused"
    assert refused.detail == {
        "reason": "out_of_stock",
        "short": [{"productId": str(apples), "wanted": 2, "available": 1, "name": "fruit"}],
    }


async def test_an_order_that_stock_never_heard_of_has_no_entries(shop: Shop) -> None:
    assert await shop.timeline(order().order_id) == []
