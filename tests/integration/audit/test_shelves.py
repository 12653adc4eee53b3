"""Stock that is held, moved and let go by hand is in the audit's sums as what orders hold is."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ops.audit import Books, opened
from tests.integration.stock.shop import Shop, order
from tests.support.auditing import impatient, violated
from tests.support.network import Network
from tests.support.ordering import place
from workers.runtime.database import Database
from workers.runtime.settings import Settings


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


@pytest.fixture
async def apples(shop: Shop) -> UUID:
    """A product of which some is held by hand, some was, and some has been added and removed."""
    product = await shop.product(20, threshold=15)
    await shop.add(product, 5)
    await shop.remove(product, 2)
    await shop.hold((product, 2), (product, 1), for_order=uuid4())
    await shop.let_go((await shop.hold((product, 4))).id)
    await shop.hold((product, 1), seconds=0)
    await shop.lapse()
    return product


async def execute(shop: Shop, statement: str, **values: Any) -> None:
    async with shop.database.transaction() as tx:
        await tx.execute(text(statement), values)


async def test_what_is_done_by_hand_adds_up(shop: Shop, apples: UUID, settings: Settings) -> None:
    assert await shop.shelf(apples) == (23, 3)
    async with opened(impatient(settings)) as books:
        assert await violated(books) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock.reservation SET status = 'RELEASED', lapses_at = NULL WHERE status = 'HELD'",
        "UPDATE stock.reservation SET status = 'HELD' WHERE status = 'EXPIRED'",
        "DELETE FROM stock.reservation_line",
        "UPDATE stock.reservation_line SET quantity = quantity + 1",
    ],
)
async def test_what_is_held_by_hand_and_not_reserved_is_found(
    shop: Shop, apples: UUID, books: Books, statement: str
) -> None:
    await execute(shop, statement)
    assert await violated(books) == {"stock-reserved": 1}


@pytest.mark.parametrize("kind", ["added", "removed"])
async def test_what_was_moved_by_hand_and_not_entered_is_found(
    shop: Shop, apples: UUID, books: Books, kind: str
) -> None:
    await execute(shop, "DELETE FROM stock.ledger WHERE kind = :kind", kind=kind)
    assert await violated(books) == {"stock-ledger": 1}


async def test_what_does_not_lapse_is_found_after_a_while(shop: Shop, settings: Settings) -> None:
    await shop.hold((await shop.product(9), 1), seconds=0)
    async with opened(settings) as books:
        assert await violated(books) == {}
    async with opened(impatient(settings)) as books:
        assert await violated(books) == {"reservation-late": 1}


async def test_what_is_held_in_an_orders_name_is_not_the_orders(
    shop: Shop, database: Database, network: Network, settings: Settings
) -> None:
    """Of an order that ended well, and of one that did not."""
    apples = await shop.product(10)
    for quantity in (2, 50):
        created = await place(database, [(apples, quantity)])
        await shop.hold((apples, 1), for_order=created.subject)
        network.say([created])
        await network.drain("dispatch", "deliver")
    await shop.hold((apples, 1), for_order=order().order_id)
    assert await shop.shelf(apples) == (8, 3)
    async with opened(settings) as books:
        assert await violated(books) == {}
