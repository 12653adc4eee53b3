from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cursor import Cursor
from workers.runtime.timeline import Entry

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def entry(seconds: int = 0, **changes: Any) -> Entry:
    values: dict[str, Any] = {"at": NOON + timedelta(seconds=seconds), "room": "order", "kind": "order.accepted"}
    return Entry(**{**values, **changes})


def test_everything_is_new_once() -> None:
    cursor, entries = Cursor(), [entry(1), entry(2)]
    assert cursor.misses(entries)
    assert [each for _, each in cursor.news(entries)] == entries
    assert list(cursor.news(entries)) == []
    assert not cursor.misses(entries)


def test_what_commits_late_is_new_whenever_it_began() -> None:
    cursor, early, late = Cursor(), entry(1), entry(2)
    list(cursor.news([late]))
    assert [each for _, each in cursor.news([early, late])] == [early]


def test_two_that_are_alike_are_two() -> None:
    alike = entry(kind="notification.recorded", detail={"template": "a"})
    other = entry(kind="notification.recorded", detail={"template": "b"})
    (first, _), (_, again) = Cursor().news([alike, other])
    assert again == other
    resumed = Cursor.parse(first)
    assert resumed is not None
    assert [each for _, each in resumed.news([alike, other])] == [other]


def test_an_entry_keeps_its_name_when_its_detail_or_zone_is_told_otherwise() -> None:
    cursor = Cursor()
    list(cursor.news([entry(message_id=UUID(int=1))]))
    east = NOON.astimezone(timezone(timedelta(hours=5)))
    assert not cursor.misses([entry(at=east, message_id=UUID(int=1), causation_id=UUID(int=2), detail={"more": 1})])
    assert cursor.misses([entry(message_id=UUID(int=3))])


@given(st.lists(st.integers(0, 30), unique=True), st.integers(0, 30), st.data())
def test_broken_anywhere_it_goes_on_without_gap_or_repetition(
    seconds: list[int], until: int, data: st.DataObject
) -> None:
    everything = [entry(second) for second in sorted(seconds)]
    visible = [each for each in everything if data.draw(st.booleans())]
    sent = list(Cursor().news(visible))[:until]
    resumed = Cursor.parse(sent[-1][0] if sent else "")
    assert resumed is not None
    rest = [each for _, each in resumed.news(everything)]
    assert sorted(each.at for each in [*(each for _, each in sent), *rest]) == [each.at for each in everything]


@pytest.mark.parametrize("text", ["x", "abcdefg", "abcdefg!", "abcdefgh\n", " ", "abcdefgh" * 1001])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    assert Cursor.parse(text) is None


def test_a_cursor_is_what_it_was_made_from() -> None:
    ((text, _),) = Cursor().news([entry()])
    assert len(text) == 8
    assert str(Cursor.parse(text)) == text
