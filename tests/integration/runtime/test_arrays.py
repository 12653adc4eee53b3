"""Whatever goes into an array comes out of PostgreSQL as it was."""

from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DataError

from workers.runtime.arrays import literal
from workers.runtime.database import Database

ID = UUID("01900000-0000-7000-8000-0000000000a1")


class Fruit(StrEnum):
    APPLE = "apple"


async def there_and_back(database: Database, type_: str, values: list[Any]) -> list[Any]:
    async with database.transaction() as tx:
        found = (await tx.execute(text(f"SELECT cast(:values AS {type_}[])"), {"values": values})).scalar_one()
        return list(found)


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("uuid", [ID, None, ID]),
        ("bigint", [0, -1, 2**62, None]),
        ("int", []),
        ("boolean", [True, False, None]),
        ("double precision", [0.1, -2.5e300, None]),
        ("timestamptz", [datetime(2026, 1, 31, 12, 0, 0, 123456, UTC), None]),
        ("text", ["", "NULL", "null", None, "a,b", '"', "\\", '\\"{}', " spaced ", "Zoë \u2028\ttab\nline"]),
        ("text", [Fruit.APPLE, "plain"]),
        ("smallint", [HTTPStatus.CREATED, 404]),
    ],
)
async def test_every_type_survives(database: Database, type_: str, values: list[Any]) -> None:
    assert await there_and_back(database, type_, values) == values


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.lists(words | st.none()))
async def test_every_text_survives(database: Database, values: list[str | None]) -> None:
    assert await there_and_back(database, "text", values) == values


async def test_a_nul_is_refused_before_it_can_end_the_array(database: Database) -> None:
    with pytest.raises(DataError, match="NUL"):
        await there_and_back(database, "text", ["one", "t\0wo"])


async def test_sets_of_any_content_are_one_prepared_statement(database: Database) -> None:
    statement = text("SELECT /* arrays */ cast(:numbers AS bigint[]), cast(:words AS text[])")
    rows: list[tuple[list[Any], list[Any]]] = [([1], ["a"]), ([2**40], [None]), ([], []), ([None], ["b"])] * 4
    async with database.transaction() as tx:
        for numbers, word in rows:
            await tx.execute(statement, {"numbers": numbers, "words": word})
        prepared = await tx.execute(
            text(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%arrays%' AND statement LIKE '%$2%'"
            )
        )
        assert prepared.scalar_one() == 1


def test_a_type_that_nobody_has_needed_yet_is_named() -> None:
    with pytest.raises(TypeError, match="complex"):
        literal([1j])
