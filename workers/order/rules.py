"""The states of an order, and the one table of what may follow what. No I/O.

The guards of every statement, the diagram in ``docs/states.md`` and the tests are made from ``MOVES``.
"""

from enum import StrEnum
from functools import cache

import msgspec


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


class Cancel(StrEnum):
    """What a wish to cancel comes to."""

    REQUESTED = "REQUESTED"
    """The order is CANCELLING: shipping has to be asked."""
    DISCARDED = "DISCARDED"
    """It was a draft, nobody else knows of it, and it is CANCELLED."""
    REPEATED = "REPEATED"
    """It was asked for before; nothing is to be done."""
    REFUSED = "REFUSED"
    """It is too late."""
    UNKNOWN = "UNKNOWN"
    """There is no such order."""


class Move(msgspec.Struct, frozen=True):
    """``on`` a message heard, or a wish, orders in one of ``sources`` go to ``target``, if ``when`` holds as well."""

    on: str
    sources: frozenset[Status]
    target: Status
    when: str = ""


RANKED = (Status.PENDING, Status.RESERVED, Status.COMPLETED, Status.IN_TRANSIT, Status.DELIVERED)
"""The way of an order that goes well. Each step may be skipped, when its message is late; none is taken back."""

ENDS = frozenset({Status.DELIVERED, Status.CANCELLED, Status.FAILED})


def lower(step: Status) -> frozenset[Status]:
    """Return the steps before ``step`` on the way."""
    return frozenset(RANKED[: RANKED.index(step)])


SUBMIT, DISCARD, CANCEL = "order.submitted", "order.discarded", "order.cancellation_requested"

MOVES = (
    Move(SUBMIT, frozenset({Status.DRAFT}), Status.PENDING),
    Move(DISCARD, frozenset({Status.DRAFT}), Status.CANCELLED),
    Move("stock.reserved", lower(Status.RESERVED), Status.RESERVED),
    Move("payment.completed", lower(Status.COMPLETED), Status.COMPLETED),
    Move("order.shipped", lower(Status.IN_TRANSIT), Status.IN_TRANSIT),
    Move("order.delivered", lower(Status.DELIVERED), Status.DELIVERED),
    Move("stock.not_reserved", lower(Status.DELIVERED), Status.FAILED),
    Move("payment.failed", lower(Status.DELIVERED), Status.FAILED),
    Move(CANCEL, lower(Status.IN_TRANSIT), Status.CANCELLING),
    Move("shipping.not_stopped", frozenset({Status.CANCELLING}), Status.IN_TRANSIT, "not heard to be delivered"),
    Move("shipping.not_stopped", frozenset({Status.CANCELLING}), Status.DELIVERED, "heard to be delivered"),
    Move("stock.released", frozenset({Status.CANCELLING}), Status.CANCELLED, "the money is back"),
    Move("payment.voided", frozenset({Status.CANCELLING}), Status.CANCELLED, "the stock is back"),
    Move("payment.refunded", frozenset({Status.CANCELLING}), Status.CANCELLED, "the stock is back"),
)
"""Everything that moves an order. Whatever else is heard of one is kept in its history, and moves nothing."""

_SETTLED = frozenset({Status.COMPLETED, Status.IN_TRANSIT, Status.DELIVERED})
_OFF = frozenset({Status.CANCELLED, Status.FAILED})


@cache
def sources(on: str) -> list[Status]:
    """Return the statuses that ``on`` moves an order from, sorted: one list for everybody."""
    return sorted(frozenset[Status]().union(*(move.sources for move in MOVES if move.on == on)))


def targets(on: str) -> list[Status]:
    """Return the statuses that ``on`` may move an order to, in the order of the table."""
    return [move.target for move in MOVES if move.on == on]


def move(status: Status, on: str) -> Status:
    """Return where an order in ``status`` stands after ``on``, if nothing else has to hold: there, or where it was."""
    return next((each.target for each in MOVES if each.on == on and status in each.sources), status)


def cancel(status: Status | None, after: Status | None) -> Cancel:
    """Say what a wish to cancel an order in ``status`` comes to, when it stands at ``after`` if it moved."""
    if status is None:
        return Cancel.UNKNOWN
    if after is not None:
        return Cancel.REQUESTED if after is Status.CANCELLING else Cancel.DISCARDED
    return Cancel.REPEATED if status in (Status.CANCELLING, Status.CANCELLED) else Cancel.REFUSED


def item_status(order: Status, *, dropped: bool) -> ItemStatus:
    """Tell where a line stands, by its order."""
    if dropped or order in _OFF:
        return ItemStatus.CANCELLED
    return ItemStatus.EXECUTED if order in _SETTLED else ItemStatus.PENDING
