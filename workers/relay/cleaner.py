"""Forgetting what is old enough: in the background, in small bites, and for a small share of the time.

A bite takes only rows that nobody holds, and no worker waits for one: receipts are added and read, never changed. After
each bite the cleaner rests for several times as long as it took, so that it takes the same share of a busy database as
of an idle one. An advisory lock, held for a bite, keeps the cleaners of several relays from working at the same time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.stdlib import get_logger

from workers.runtime import metrics
from workers.runtime.database import Database, is_outage, is_transient
from workers.runtime.verdict import describe, where

log = get_logger(__name__)

BITE = 1000
SHARE = 0.2  # of the time, and of one connection
SHORTEST_REST = 0.02
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('orderfleet.cleaner'))")

Expire = Callable[[AsyncConnection, datetime, int], Awaitable[int]]
"""Deletes at most so many rows that are older than a time, and returns how many there were."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is forgotten, how, and at which age."""

    what: str
    expire: Expire
    age: timedelta


class Cleaner:
    """Cleans one database by ``rules``, every ``every`` seconds."""

    def __init__(self, database: Database, rules: Sequence[Rule], *, every: float) -> None:
        self._database = database
        self._rules = rules
        self._every = every

    async def run(self) -> None:
        """Clean until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            for rule in self._rules:
                await self._safe_sweep(rule)

    async def sweep(self, rule: Rule) -> int:
        """Forget everything that a rule says, and return how many rows those were."""
        before, swept = datetime.now(UTC) - rule.age, 0
        while True:
            begun = time.monotonic()
            forgotten = await self._bite(rule, before)
            swept += forgotten
            metrics.FORGOTTEN.labels(rule.what).inc(forgotten)
            if forgotten < BITE:
                return swept
            took = time.monotonic() - begun
            await asyncio.sleep(max(SHORTEST_REST, took * (1 - SHARE) / SHARE))

    async def _bite(self, rule: Rule, before: datetime) -> int:
        async with self._database.transaction() as tx:
            if not (await tx.execute(_LOCK)).scalar_one():
                return 0  # somebody else is at it
            return await rule.expire(tx, before, BITE)

    async def _safe_sweep(self, rule: Rule) -> None:
        try:
            swept = await self.sweep(rule)
        except Exception as error:  # noqa: BLE001 - what is not forgotten now is forgotten later
            if is_outage(error) or is_transient(error):
                log.warning("cleaning is put off", what=rule.what, error=describe(error))
            else:
                log.error("cleaning failed", what=rule.what, error=describe(error), where=where(error))  # noqa: TRY400
        else:
            if swept:
                log.info("old rows forgotten", what=rule.what, rows=swept)
