"""Rows of the table that agree."""

from typing import NamedTuple


class Rule(NamedTuple):
    """Rows that agree; without ``after`` the state stays. ``ELSE`` are all states that no rule before it names."""

    room: str
    on: str
    before: tuple[str, ...]
    after: str | None = None
    says: tuple[str, ...] = ()


ELSE: tuple[str, ...] = ()
