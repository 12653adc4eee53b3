"""One reservation by hand that several end at once: what it held comes back once."""

from uuid import UUID

from tests.integration.stock.shop import Shop
from tests.support.blocking import held_up
from workers.stock import by_hand


async def held(shop: Shop, *, seconds: float = 900) -> tuple[UUID, UUID]:
    """Hold three of a product of which four more are held by somebody else; return it, and the reservation."""
    product = await shop.product(10)
    await shop.hold((product, 4))
    return product, (await shop.hold((product, 3), seconds=seconds)).id


async def test_two_who_let_go_at_once_put_it_back_once(shop: Shop) -> None:
    product, reservation = await held(shop)
    async with shop.database.transaction() as tx:
        await by_hand.release(tx, reservation)
        late = await held_up(shop.database, shop.let_go(reservation))
    seen = await late
    assert seen
    assert seen.status == "RELEASED"
    assert await shop.shelf(product) == (10, 4)


async def test_who_lets_go_while_its_time_runs_out_puts_nothing_back(shop: Shop) -> None:
    product, reservation = await held(shop, seconds=0)
    async with shop.database.transaction() as tx:
        await by_hand.lapse(tx, 10)
        late = await held_up(shop.database, shop.let_go(reservation))
    seen = await late
    assert seen
    assert seen.status == "EXPIRED"
    assert await shop.shelf(product) == (10, 4)


async def test_what_is_being_let_go_does_not_run_out(shop: Shop) -> None:
    product, reservation = await held(shop, seconds=0)
    async with shop.database.transaction() as tx:
        await by_hand.release(tx, reservation)
        await shop.lapse()
    await shop.lapse()
    assert (await shop.reservation(reservation)).status == "RELEASED"
    assert await shop.shelf(product) == (10, 4)
