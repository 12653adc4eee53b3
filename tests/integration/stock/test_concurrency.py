"""Many writers at once. A deadlock (40P01) fails these tests: PostgreSQL raises it in one of the transactions."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import chain, islice
from random import Random
from uuid import UUID

from messages.order import OrderCreated
from messages.stock import StockNotReserved, StockReserved
from tests.integration.stock.shop import Shop, order

Answers = Sequence[StockReserved | StockNotReserved]


async def test_sixteen_writers_and_one_hot_product_never_oversell(shop: Shop) -> None:
    hot = await shop.product(100)

    async def write() -> list[Answers]:
        return [await shop.reserve(*(order((hot, 1)) for _ in range(5))) for _ in range(4)]

    batches = chain.from_iterable(await asyncio.gather(*(write() for _ in range(16))))
    said = Counter(type(each) for batch in batches for each in batch)

    assert said == {StockReserved: 100, StockNotReserved: 220}
    assert await shop.shelf(hot) == (100, 100)


async def test_eight_writers_with_overlapping_products_do_not_deadlock(shop: Shop) -> None:
    products = [await shop.product(300) for _ in range(8)]

    async def write(seed: int) -> None:
        random = Random(seed)
        for _ in range(10):
            orders = [order(*((item, 1) for item in random.sample(products, 5))) for _ in range(5)]
            ids = [said.order_id for said in await shop.reserve(*orders) if isinstance(said, StockReserved)]
            random.shuffle(ids)
            await shop.commit(*ids[::2])
            await shop.release(*ids[1::2])

    await asyncio.gather(*(write(seed) for seed in range(8)))

    for item in products:
        on_hand, reserved = await shop.shelf(item)
        assert reserved == 0
        assert on_hand == sum(delta for _, delta, _ in await shop.ledger(item)) >= 0


async def test_hands_and_orders_at_once_neither_deadlock_nor_oversell(shop: Shop) -> None:
    """Eight writers, overlapping products: orders, hands that hold and let go, and the clock."""
    products = [await shop.product(60, threshold=10) for _ in range(6)]

    async def sell(seed: int) -> None:
        random = Random(seed)
        for _ in range(8):
            orders = [order(*((item, 1) for item in random.sample(products, 4))) for _ in range(3)]
            ids = [said.order_id for said in await shop.reserve(*orders) if isinstance(said, StockReserved)]
            await shop.commit(*ids[::2])
            await shop.release(*ids[1::2])

    async def hold(seed: int) -> None:
        random = Random(seed)
        for _ in range(8):
            wanted = [(item, random.randrange(1, 4)) for item in random.sample(products, 4)]
            held = await shop.hold(*wanted, seconds=random.choice((0, 900)))
            await shop.lapse(3)
            await shop.let_go(held.id)

    async def count(seed: int) -> None:
        random = Random(seed)
        for _ in range(8):
            for item in random.sample(products, 4):
                await shop.add(item, 1)
                await shop.remove(item, 1)
                await shop.set_threshold(item, random.randrange(20))

    await asyncio.gather(
        *(sell(seed) for seed in range(3)), *(hold(seed) for seed in range(3)), *(count(seed) for seed in range(2))
    )
    await shop.lapse()
    for item in products:
        on_hand, reserved = await shop.shelf(item)
        assert reserved == 0
        assert on_hand == sum(delta for _, delta, _ in await shop.ledger(item))


async def test_the_same_orders_at_two_workers_are_held_once(shop: Shop) -> None:
    products = [await shop.product(1000) for _ in range(3)]
    orders = [order(*((item, 1) for item in products)) for _ in range(60)]

    async def write(seed: int) -> list[Answers]:
        mine = Random(seed).sample(orders, len(orders))
        return [await shop.reserve(*batch) for batch in _batches(mine, 10)]

    said = chain.from_iterable(await asyncio.gather(*(write(seed) for seed in range(4))))

    assert sorted(each.order_id for batch in said for each in batch) == sorted(each.order_id for each in orders)
    assert [await shop.shelf(item) for item in products] == [(1000, 60)] * 3


async def test_of_contrary_payments_at_once_one_decides(shop: Shop) -> None:
    apples = await shop.product(1000)
    orders = [order((apples, 1)) for _ in range(400)]
    await shop.reserve(*orders)
    ids = [each.order_id for each in orders]

    async def pay(seed: int) -> list[UUID]:
        await shop.commit(*Random(seed).sample(ids, 300))
        return []

    async def decline(seed: int) -> list[UUID]:
        return [said.order_id for said in await shop.release(*Random(seed).sample(ids, 300))]

    turns = await asyncio.gather(*(turn(seed) for seed in range(8) for turn in (pay, decline)))
    released = list(chain.from_iterable(turns))

    assert len(released) == len(set(released))
    assert await shop.shelf(apples) == (1000 - (400 - len(released)), 0)


def _batches(orders: Sequence[OrderCreated], size: int) -> list[list[OrderCreated]]:
    rest = iter(orders)
    return list(iter(lambda: list(islice(rest, size)), []))
