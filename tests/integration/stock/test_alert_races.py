"""Alerts with many writers at once: each crossing is said once, whoever makes it."""

import asyncio
from itertools import pairwise
from random import Random
from uuid import UUID

from tests.integration.stock.shop import Shop, order
from workers.stock import store

LOW, DEPLETED = "low", "depleted"


async def test_eight_writers_cross_once_each_way(shop: Shop) -> None:
    hot, cold = await shop.product(160, threshold=40), await shop.product(160)

    async def write(seed: int) -> None:
        random = Random(seed)
        for _ in range(10):
            await shop.reserve(*(order(*random.sample([(hot, 1), (cold, 1)], 2)) for _ in range(2)))

    await asyncio.gather(*(write(seed) for seed in range(8)))
    assert [await shop.shelf(product) for product in (hot, cold)] == [(160, 160)] * 2
    assert await shop.alerts(hot) == [LOW, DEPLETED]
    assert await shop.alerts(cold) == [DEPLETED]


async def test_writers_that_go_up_and_down_say_what_the_levels_say(shop: Shop) -> None:
    """Whatever the order in which they came: the ledger has it, and the rule applied to it gives the alerts."""
    product = await shop.product(30, threshold=10)

    async def write(seed: int) -> None:
        random = Random(seed)
        for _ in range(15):
            if random.random() < 0.5:
                await shop.add(product, random.randrange(1, 9))
            else:
                await _remove_some(shop, product, random.randrange(1, 9))

    await asyncio.gather(*(write(seed) for seed in range(8)))
    levels = [0]
    for _, delta, _ in await shop.ledger(product):
        levels.append(levels[-1] + delta)
    assert len(levels) > 60
    assert await shop.alerts(product) == expected(levels[1:], threshold=10)


async def _remove_some(shop: Shop, product: UUID, quantity: int) -> None:
    """Remove so many, or what is left."""
    async with shop.database.transaction() as tx:
        try:
            await store.remove_stock(tx, product, quantity)
        except store.NotEnough as error:
            if error.available:
                await store.remove_stock(tx, product, error.available)


def expected(levels: list[int], threshold: int) -> list[str]:
    """The rule, once more, one step after the other."""
    said: list[str] = []
    state: str | None = None
    for before, level in pairwise(levels):
        if level == 0 and before > 0:
            said += [DEPLETED] * (state != DEPLETED)
            state = DEPLETED
        elif state is None and level <= threshold:
            said.append(LOW)
            state = LOW
        elif level > threshold + max(threshold // 10, 1):
            state = None
    return said
