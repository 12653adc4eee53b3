"""What is merely on its way is never called wrong, and what stands where it should not is looked at twice."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from ops.audit import Books, opened
from ops.audit.between import side_by_side
from ops.audit.money import OWED
from tests.support.auditing import violated
from tests.support.network import Network
from tests.support.ordering import place, shelve
from workers.runtime.database import Database
from workers.runtime.settings import Settings


def _key(number: int) -> str:
    return str(UUID(int=number))


class Row(NamedTuple):
    id: str


class Shelf:
    """Rows to read, in bites."""

    def __init__(self, *numbers: int) -> None:
        self.rows = [Row(_key(number)) for number in numbers]
        self.read = 0

    async def __call__(self, after: str) -> Sequence[Row]:
        self.read += 1
        return [row for row in self.rows if row.id > after][:2]


@pytest.mark.parametrize(
    ("lefts", "rights"),
    [
        ((), ()),
        ((1, 2, 3, 4, 5), ()),
        ((), (1, 2, 3, 4, 5)),
        ((1, 3, 5, 7, 9), (2, 3, 4, 9)),
        ((9,), (1, 2, 3, 4, 5, 6, 9)),
        ((1, 2), (1, 2)),
    ],
)
async def test_two_rooms_are_read_side_by_side_in_bites(lefts: tuple[int, ...], rights: tuple[int, ...]) -> None:
    left, right, pairs = Shelf(*lefts), Shelf(*rights), list[Any]()
    async for bite in side_by_side(left, right, size=2):
        assert len(bite) <= 4, "no bite is larger than what was read for it"
        pairs += bite.items()
    expected = {_key(n): (n in lefts, n in rights) for n in sorted({*lefts, *rights})}
    assert len(pairs) == len(expected), "nothing is seen twice"
    assert {key: (one is not None, two is not None) for key, (one, two) in pairs} == expected


@pytest.mark.parametrize("method", ["tok_ok", "tok_declined", "tok_timeout"])
@pytest.mark.parametrize("newest_first", [True, False])
async def test_no_moment_of_a_journey_is_a_violation(
    database: Database, network: Network, books: Books, method: str, *, newest_first: bool
) -> None:
    """A partial order too: stock is short of a product, and payment may be heard of before that."""
    shelves = [await shelve(database, stock=5), await shelve(database, stock=1)]
    network.say([await place(database, [(shelf, 2) for shelf in shelves], method=method, partial=True)])
    while True:
        while network.waiting:
            await network.carry(-1 if newest_first else 0)
            assert await violated(books) == {}
        await network.tick("dispatch", "deliver", "reverse")
        assert await violated(books) == {}
        if not network.waiting:
            break


@pytest.mark.usefixtures("journeys")
async def test_an_order_that_moves_while_it_is_looked_at_is_no_violation(
    settings: Settings, database: Database
) -> None:
    async with opened(settings) as books:
        reading = books.rows

        async def rows(room: str, query: Any, **values: Any) -> Any:
            read = await reading(room, query, **values)
            if room == "order" and "after" in values:
                async with database.transaction() as tx:  # between the order and its payment
                    await tx.execute(_CANCEL)
                    await tx.execute(_REFUND)
            return read

        setattr(books, "rows", rows)  # noqa: B010 - mypy knows that this is not done
        assert (await OWED.check(books)).violations == 0


_CANCEL = text("""UPDATE "order"."order" SET status = 'CANCELLED', updated_at = now() WHERE status = 'DELIVERED'""")
_REFUND = text("UPDATE payment.payment SET status = 'REFUNDED', refunded_amount = amount WHERE status = 'COMPLETED'")


@pytest.mark.usefixtures("journeys")
async def test_what_is_held_for_an_order_that_ended_is_wrong_after_a_while(
    settings: Settings, database: Database
) -> None:
    """Stock may hear of a payment later than the order does, but not much."""
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE stock.reservation SET status = 'HELD' WHERE status = 'COMMITTED'"))
        await tx.execute(text("UPDATE stock.product SET reserved = 2, on_hand = on_hand + 2"))
        await tx.execute(text("UPDATE stock.ledger SET delta = 0 WHERE kind = 'committed'"))
    async with opened(settings) as books:
        assert await violated(books) == {}
    hurried = msgspec.structs.replace(settings, audit_patience_seconds=0)
    async with opened(hurried) as books:
        assert await violated(books) == {"stock-follows-order": 1}
