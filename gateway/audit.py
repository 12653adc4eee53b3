"""Whether what must be true is true."""

from litestar import get

from gateway.openapi import problems
from gateway.wanted import InAuditor
from ops.audit import Report


@get("/audit", summary="Check the invariants", tags=["Operations"], responses=problems())
async def check_invariants(auditor: InAuditor) -> Report:
    """Check what must be true of every order: each invariant with its violations, and examples of them."""
    return await auditor.check()
