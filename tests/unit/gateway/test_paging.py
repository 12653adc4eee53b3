from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from gateway.paging import Page, turn
from gateway.problems import Problem

TX: Any = None


class Row(msgspec.Struct, frozen=True):
    id: UUID


class Shelf:
    """A list in memory with the shape of a room's ``page``."""

    def __init__(self, size: int) -> None:
        self.rows = [Row(uuid7()) for _ in range(size)]

    async def page(self, _: Any, *, limit: int, before: UUID | None, **filters: Any) -> Sequence[Row]:
        self.filters = filters
        newest = sorted(self.rows, key=lambda row: row.id, reverse=True)
        return [row for row in newest if before is None or row.id < before][:limit]

    async def turn(self, limit: int, cursor: str | None = None, **filters: Any) -> Page[Row]:
        return await turn(self.page, TX, limit=limit, cursor=cursor, **filters)


async def walk(shelf: Shelf, limit: int) -> list[Row]:
    page = await shelf.turn(limit)
    seen = list(page.items)
    while page.next_cursor:
        page = await shelf.turn(limit, page.next_cursor)
        seen += page.items
    return seen


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 50])
async def test_every_row_comes_once_newest_first(limit: int) -> None:
    shelf = Shelf(6)
    assert await walk(shelf, limit) == shelf.rows[::-1]


async def test_the_last_page_has_no_cursor_even_when_it_is_full() -> None:
    assert (await Shelf(3).turn(3)).next_cursor is None
    assert (await Shelf(0).turn(3)) == Page(items=[], next_cursor=None)


async def test_rows_that_are_added_move_nothing() -> None:
    shelf = Shelf(4)
    first = await shelf.turn(2)
    shelf.rows += [Row(uuid7()), Row(uuid7())]
    second = await shelf.turn(2, first.next_cursor)
    assert [*first.items, *second.items] == shelf.rows[3::-1]


async def test_filters_reach_the_room() -> None:
    shelf = Shelf(1)
    await shelf.turn(1, status="HELD")
    assert shelf.filters == {"status": "HELD"}


async def test_a_cursor_is_opaque() -> None:
    shelf = Shelf(2)
    cursor = (await shelf.turn(1)).next_cursor
    assert cursor
    assert str(shelf.rows[1].id) not in cursor


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "A" * 21, "A" * 23, "é" * 22, "A" * 21 + "B", "==", "a b", "\x00"])
async def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        await Shelf(1).turn(1, cursor)
    assert caught.value.status_code == 400
