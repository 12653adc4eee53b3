"""The states of an order, and the one table of what may follow what. No I/O."""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """Where an order stands."""

    DRAFT = "DRAFT"
    PENDING = "PENDING"
    RESERVED = "RESERVED"
    COMPLETED = "COMPLETED"
    IN_TRANSIT = "IN_TRANSIT"
    DELIVERED = "DELIVERED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class ItemStatus(StrEnum):
    """Where one line of an order stands."""

    PENDING = "PENDING"
    EXECUTED = "EXECUTED"
    CANCELLED = "CANCELLED"


RANKED = (Status.PENDING, Status.RESERVED, Status.COMPLETED, Status.IN_TRANSIT, Status.DELIVERED)
"""The way of an order that goes well. Each step may be skipped, when its message is late; none is taken back."""

MAY_BECOME: Mapping[Status, frozenset[Status]] = {
    **{step: frozenset(RANKED[:rank]) for rank, step in enumerate(RANKED)},
    Status.FAILED: frozenset(RANKED) - {Status.DELIVERED},
}
"""For each status, the statuses from which an order may move to it."""

_SETTLED = frozenset({Status.COMPLETED, Status.IN_TRANSIT, Status.DELIVERED})
_OFF = frozenset({Status.CANCELLED, Status.FAILED})


def lower(step: Status) -> frozenset[Status]:
    """Return the steps before ``step`` on the way."""
    return frozenset(RANKED[: RANKED.index(step)])


def move(status: Status, to: Status) -> Status:
    """Return where an order in ``status`` stands after it was asked to move: there, or where it was."""
    return to if status in MAY_BECOME[to] else status


def item_status(order: Status, *, dropped: bool) -> ItemStatus:
    """Tell where a line stands, by its order."""
    if dropped or order in _OFF:
        return ItemStatus.CANCELLED
    return ItemStatus.EXECUTED if order in _SETTLED else ItemStatus.PENDING
