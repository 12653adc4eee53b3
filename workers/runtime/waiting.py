"""Why a part of a process does no work now, for whoever looks at the fleet."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from workers.runtime.verdict import Outage, describe

DATABASE = "database"
BROKER = "broker"
QUEUE = "queue"
PAUSE = "pause"


class Waiting(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is waited for, and since when: the end of an outage, with its ``error``, or of somebody's pause."""

    what: str
    since: datetime
    error: str | None = None
    by: str | None = None
    why: str | None = None


Waits = Callable[[], Mapping[str, Waiting]]
"""Tells which parts of a process wait now."""


def nothing_waits() -> Mapping[str, Waiting]:
    """Say that no part of the process ever waits for anything."""
    return {}


def waits_of(parts: Mapping[str, Waiting | None]) -> Mapping[str, Waiting]:
    """Return those of ``parts`` that wait."""
    return {name: waiting for name, waiting in parts.items() if waiting is not None}


def for_end_of(outage: Outage, *, since: datetime | None = None) -> Waiting:
    """Say that an outage is waited out, from now on unless it began before."""
    error = describe(outage.__cause__ or outage)
    return Waiting(what=outage.of or "outside", since=since or datetime.now(UTC), error=error)
