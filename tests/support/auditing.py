"""What the audit says, for tests."""

import msgspec

from ops.audit import Books, audit
from workers.runtime.settings import Settings


def impatient(settings: Settings) -> Settings:
    """Grant nothing any time: for when everything has been delivered, and whatever is not at its end is stuck."""
    return msgspec.structs.replace(settings, audit_patience_seconds=0, audit_unsent_seconds=0)


async def violated(books: Books) -> dict[str, int]:
    """Return the names of the invariants that do not hold, each with the number of its violations."""
    report = await audit(books)
    assert report.ok == (not any(finding.violations for finding in report.invariants))
    return {finding.name: finding.violations for finding in report.invariants if finding.violations}
