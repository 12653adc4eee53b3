"""Verdicts: dead at once, the ladder rung by rung, then dead."""

import pytest

from messages.post.topology import LADDER
from messages.post.wire import Undecodable
from workers.runtime.verdict import Crashing, Dead, Retry, describe, is_last, judge, where


def test_every_attempt_has_its_rung_and_the_last_one_is_dead() -> None:
    verdicts = [judge(RuntimeError("no"), attempt, LADDER) for attempt in range(1, 7)]
    assert [verdict.rung.seconds for verdict in verdicts if isinstance(verdict, Retry)] == [1, 5, 30, 120, 600]
    assert verdicts[-1] == Dead("exhausted", "RuntimeError: no")
    assert [is_last(attempt, LADDER) for attempt in range(1, 7)] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("error", "reason"), [(Undecodable("what"), "undecodable"), (Crashing("came back"), "crashing")]
)
def test_some_are_dead_at_once(error: Exception, reason: str) -> None:
    assert judge(error, 1, LADDER) == Dead(reason, describe(error))


def test_an_error_is_one_short_line() -> None:
    assert describe(ValueError("first\nsecret second")) == "ValueError: first"
    assert describe(TimeoutError()) == "TimeoutError"
    assert len(describe(ValueError("x" * 1000))) == 300


def test_where_names_our_own_code_only() -> None:
    with pytest.raises(TypeError) as caught:
        judge(RuntimeError("no"), "one", LADDER)  # type: ignore[arg-type]
    assert where(caught.value).startswith("workers/runtime/verdict.py:")
    assert "pytest" not in where(caught.value).replace("tests/unit", "")
    assert "tests/unit/runtime/test_verdict.py:" in where(caught.value)
