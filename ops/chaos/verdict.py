"""What came of a run: the books of the stack, and what its customers were told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from uuid import UUID

import msgspec
from sqlalchemy import text

from ops.audit import Books, Report, journeys, money, shelves

_STATUSES = text("""
    SELECT status, count(*) AS count FROM "order"."order" WHERE status <> 'DRAFT' GROUP BY status ORDER BY status
""")
_KNOWN = text('SELECT cast(id AS text) AS id FROM "order"."order" WHERE id = ANY(cast(:ids AS uuid[]))')
_TOLD = text("""
    SELECT cast(order_id AS text) AS id, template FROM notification.notification
     WHERE order_id > cast(:after AS uuid) AND order_id <= cast(:last AS uuid) AND status = 'SENT'
""")
_ENDED = text("""
    SELECT cast(id AS text) AS id, status FROM "order"."order"
     WHERE id > cast(:after AS uuid) ORDER BY id LIMIT :bite
""")
_LAST_WORDS = {
    "DELIVERED": "order_delivered",
    "CANCELLED": "order_cancellation_confirmed",
    "FAILED": "order_failed",
}
_BITE = 5000

OVERSOLD = frozenset(each.name for each in (shelves.LEDGER, shelves.NEGATIVE, shelves.RESERVED, shelves.FOLLOWS))
CHARGED = frozenset(each.name for each in (money.OWED, money.BOOKS, money.ORDERLESS))
LATE = frozenset(each.name for each in (journeys.LATE, journeys.UNSENT, shelves.LATE, money.LATE))


class Recovery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one kind of fault cost: how often it came, and the seconds it took afterwards."""

    kind: str
    seconds: tuple[float, ...]
    never: int = 0
    """How often the fleet was not itself again in time."""

    @property
    def times(self) -> int:
        """How often it came."""
        return len(self.seconds) + self.never

    @property
    def median(self) -> float:
        """The middle of the times to recover."""
        return median(self.seconds) if self.seconds else 0.0

    @property
    def longest(self) -> float:
        """The longest time to recover."""
        return max(self.seconds, default=0.0)


class Verdict(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run, in numbers. Everything from ``lost`` to ``never_recovered`` has to be nothing."""

    seed: int
    commit: str
    began: datetime
    minutes: float
    nodes: int
    faults: int
    answers: dict[str, int]
    accepted: int
    ended: dict[str, int]
    lost: int
    oversold: int
    double_charged: int
    stuck: int
    untold: int
    dead: int
    other_violations: int
    never_recovered: int
    heard: int
    duplicates: int
    copies: int
    calm_seconds: float
    baseline_seconds: float
    """How long the order takes that measures recovery when nothing is wrong."""
    recoveries: tuple[Recovery, ...]
    findings: dict[str, int]
    examples: dict[str, list[str]]
    waiting: dict[str, int]

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        return not any(count for _, count in self.violations)

    @property
    def violations(self) -> Sequence[tuple[str, int]]:
        """What must not be, each with how often it was."""
        return (
            ("lost", self.lost),
            ("oversold", self.oversold),
            ("double charged", self.double_charged),
            ("stuck", self.stuck),
            ("customers not told", self.untold),
            ("dead letters", self.dead),
            ("other violations", self.other_violations),
            ("never recovered", self.never_recovered),
        )


async def lost(books: Books, accepted: Iterable[str]) -> int:
    """Count the accepted orders that nobody knows."""
    ids, known = sorted(accepted), 0
    for start in range(0, len(ids), _BITE):
        known += len(await books.rows("order", _KNOWN, ids=ids[start : start + _BITE]))
    return len(ids) - known


async def ended(books: Books) -> dict[str, int]:
    """Count the orders by where they are now, accepted or never answered."""
    return {row.status: row.count for row in await books.rows("order", _STATUSES)}


async def untold(books: Books) -> int:
    """Count the orders that have ended without their customer being told how."""
    after, count = str(UUID(int=0)), 0
    while rows := await books.rows("order", _ENDED, after=after, bite=_BITE):
        last = rows[-1].id
        told = {(row.id, row.template) for row in await books.rows("notification", _TOLD, after=after, last=last)}
        count += sum(1 for row in rows if row.status in _LAST_WORDS and (row.id, _LAST_WORDS[row.status]) not in told)
        after = last
    return count


def found(report: Report) -> dict[str, int]:
    """Return the invariants that do not hold, each with the number of its violations."""
    return {finding.name: finding.violations for finding in report.invariants if finding.violations}


def total(findings: Mapping[str, int], names: Collection[str]) -> int:
    """Add up the violations of some invariants."""
    return sum(findings.get(name, 0) for name in names)
