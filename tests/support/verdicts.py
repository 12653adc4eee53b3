"""Verdicts that no run has given."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from ops.chaos.verdict import Verdict

_GOOD = Verdict(
    seed=7,
    commit="0000000",
    began=datetime(2026, 1, 1, tzinfo=UTC),
    minutes=5,
    nodes=1,
    faults=10,
    answers={"accepted": 100},
    accepted=100,
    ended={"DELIVERED": 100},
    lost=0,
    oversold=0,
    double_charged=0,
    stuck=0,
    untold=0,
    dead=0,
    other_violations=0,
    never_recovered=0,
    heard=1000,
    duplicates=3,
    copies=300,
    calm_seconds=5,
    baseline_seconds=1.5,
    recoveries=(),
    findings={},
    examples={},
    waiting={},
)


def verdict(**changes: Any) -> Verdict:
    """Return a good verdict, with some things changed."""
    return msgspec.structs.replace(_GOOD, **changes)
