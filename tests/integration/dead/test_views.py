"""Lists, groups and what was done: as an operator looks at them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.support.burying import FIRST_FAILED, letter, write
from workers.dead import store, views
from workers.dead.store import Signed
from workers.runtime.database import Database

ADA = Signed(by="ada@desk", why="the data is mended")


async def test_a_page_goes_on_where_the_last_one_ended(database: Database) -> None:
    ids = await write(database, *(letter() for _ in range(5)))
    async with database.transaction() as tx:
        first = await views.page(tx, limit=3)
        second = await views.page(tx, limit=3, before=first[-1].id)
    assert [each.id for each in (*first, *second)] == sorted(ids, reverse=True)


async def test_lists_are_narrowed_by_queue_pattern_and_status(database: Database) -> None:
    stock, other, moved = await write(
        database, letter(), letter("Order_StockReserved", error="KeyError: 7"), letter("Order_StockReserved")
    )
    async with database.transaction() as tx:
        await store.dropped(tx, [moved], ADA)
        assert [each.id for each in await views.page(tx, limit=9, queue="Stock_OrderCreated")] == [stock]
        assert [each.id for each in await views.page(tx, limit=9, pattern="KeyError: #")] == [other]
        assert [each.id for each in await views.page(tx, limit=9, status="dropped")] == [moved]
        assert len(await views.page(tx, limit=9, status=None)) == 3
        assert await views.chosen(tx, queue="Order_StockReserved") == [other]


async def test_groups_count_what_is_dead_by_queue_and_error(database: Database) -> None:
    same = [letter(error=f"ValueError: no {number}") for number in range(3)]
    gone, *_ = await write(database, letter(), *same, letter("Order_StockReserved"))
    async with database.transaction() as tx:
        await store.dropped(tx, [gone], ADA)
        found = await views.groups(tx)
        [narrowed] = await views.groups(tx, "Order_StockReserved")
    assert [(group.queue, group.error, group.count) for group in found] == [
        ("Stock_OrderCreated", "ValueError: no #", 3),
        ("Order_StockReserved", "ValueError: no", 1),
    ]
    assert narrowed == found[1]
    assert found[0].first == FIRST_FAILED


async def test_looking_fifty_times_changes_nothing(database: Database) -> None:
    await write(database, *(letter() for _ in range(3)))
    async with database.transaction() as tx:
        seen = [(await views.page(tx, limit=9), await views.groups(tx)) for _ in range(50)]
    assert all(each == seen[0] for each in seen)


async def test_an_edit_keeps_what_was_said_at_first(database: Database) -> None:
    [id_] = await write(database, letter(body=b"{"))
    async with database.transaction() as tx:
        assert await store.edit(tx, id_, b"[]", ADA)
        assert await store.edit(tx, id_, b"{}", ADA)
        await store.note(tx, id_, Signed(by="bob", why="a comma was missing"))
        edited = await views.get(tx, id_)
        done = (await views.actions(tx, [id_]))[id_]
    assert edited is not None
    assert (edited.body, edited.original) == (b"{}", b"{")
    assert [(each.kind, each.by) for each in done] == [("edit", ADA.by), ("edit", ADA.by), ("note", "bob")]


async def test_what_was_settled_is_neither_edited_nor_claimed(database: Database) -> None:
    [id_] = await write(database, letter())
    async with database.transaction() as tx:
        await store.replayed(tx, [id_], ADA)
        assert not await store.edit(tx, id_, b"{}", ADA)
        assert await store.claim(tx, [id_]) == []


async def test_what_was_settled_long_ago_is_forgotten_in_bites_and_the_dead_never(database: Database) -> None:
    ids = await write(database, *(letter() for _ in range(6)))
    later = datetime.now(UTC) + timedelta(hours=1)
    async with database.transaction() as tx:
        await store.dropped(tx, ids[:3], ADA)
        await store.replayed(tx, ids[3:5], ADA)
    async with database.transaction() as tx:
        assert await store.expire(tx, datetime.now(UTC) - timedelta(hours=1), 10) == 0
        assert [await store.expire(tx, later, 3) for _ in range(3)] == [3, 2, 0]
        assert [each.id for each in await views.page(tx, limit=9, status=None)] == ids[5:]
        assert await views.actions(tx, ids) == {}


async def test_more_letters_than_a_statement_has_parameters_are_read(database: Database) -> None:
    [id_] = await write(database, letter())
    async with database.transaction() as tx:
        found = await views.letters(tx, [*(uuid4() for _ in range(70_000)), id_])
    assert [each.id for each in found] == [id_]
