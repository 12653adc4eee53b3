"""The one visible list of invariants, and the audit that checks them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ops.audit import journeys, money, shelves
from ops.audit.books import Books, Invariant, Report

INVARIANTS: Sequence[Invariant] = (
    shelves.LEDGER,
    shelves.NEGATIVE,
    shelves.RESERVED,
    shelves.FOLLOWS,
    shelves.LATE,
    money.OWED,
    money.BOOKS,
    money.ORDERLESS,
    money.REFUND_FAILED,
    money.LATE,
    journeys.SHIPPED,
    journeys.LATE,
    journeys.UNSENT,
    journeys.NOTIFIED,
)


async def audit(books: Books) -> Report:
    """Check every invariant, one after the other: an audit may take its time, and the fleet has work to do."""
    begun = datetime.now(UTC)
    findings = [await invariant.check(books) for invariant in INVARIANTS]
    return Report(ok=not any(finding.violations for finding in findings), checked_at=begun, invariants=findings)
