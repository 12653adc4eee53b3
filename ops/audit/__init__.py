"""What must be true of every order, every shelf and every payment, and the proof that it is, while the fleet works.

A query touches one room's database; what spans two rooms is read side by side, a bite at a time. So an audit needs no
more memory for a million orders than for ten, and a room may live wherever it likes. An invariant never calls an order
wrong that is merely on its way.
"""

from ops.audit.books import Books, Report, opened
from ops.audit.invariants import INVARIANTS, audit

__all__ = ["INVARIANTS", "Books", "Report", "audit", "opened"]
