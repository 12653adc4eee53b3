"""Audits on demand: one at a time, however many ask."""

from collections.abc import Sequence

from gateway.databases import Databases
from ops.audit import Books, Report, audit
from workers.runtime.coalesce import Coalescer
from workers.runtime.settings import Settings

_MOST_ASKERS = 1000


class Auditor:
    """Checks the invariants. Whoever asks during an audit shares the next, so nobody is told of what was before."""

    def __init__(self, databases: Databases, settings: Settings) -> None:
        self._books = Books(databases.transaction, settings)
        self._coalescer = Coalescer(self._audit, limit=_MOST_ASKERS)

    async def check(self) -> Report:
        """Return an audit that began after this call."""
        return await self._coalescer(None)

    async def _audit(self, asked: list[None]) -> Sequence[Report]:
        return [await audit(self._books)] * len(asked)
