"""The rooms' databases as an audit reads them, and what it writes down."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.database import Database
from workers.runtime.settings import ROOMS, Settings

EXAMPLES = 10
_CARRIER_SECONDS = 30 * 24 * 60 * 60  # a real carrier: after a month somebody should ask
_TAKE_TIME = text("SET LOCAL statement_timeout = '10min'")  # to add up a ledger takes longer than to enter a line

Transactions = Callable[[str], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a transaction on the database of a room."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of one invariant; ``examples`` are the ids and numbers of the first violations."""

    name: str
    description: str
    violations: int = 0
    examples: list[dict[str, Any]] = []


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an audit found: ``ok`` when nothing violates any invariant."""

    ok: bool
    checked_at: datetime
    invariants: list[Finding]


class Books:
    """Every room's database, and how long things may take."""

    def __init__(self, transaction: Transactions, settings: Settings) -> None:
        self._transaction = transaction
        homes = {settings.room_database_url(room): room for room in ROOMS}
        self.homes = tuple(homes.values())
        """One room for each database, however many live in it."""
        self._limits = {
            "patience": settings.audit_patience_seconds,
            "unsent": settings.audit_unsent_seconds,
            "reservation": settings.reservation_seconds,
            "handling": settings.handling_seconds,
            "transit": settings.transit_seconds if settings.carrier == "simulated" else _CARRIER_SECONDS,
        }

    async def rows(self, room: str, query: TextClause, **values: Any) -> Sequence[Any]:
        """Ask one room's database; a query may name any limit."""
        async with self._transaction(room) as tx:
            await tx.execute(_TAKE_TIME)
            return (await tx.execute(query, {**self._limits, **values})).all()


class Invariant(Protocol):
    """Something that must be true."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    async def check(self, books: Books) -> Finding:
        """Look for whatever violates it."""
        ...


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Books]:
    """Open every database for an audit, each with one connection."""
    databases = {url: Database(url, connections=1, name="orderfleet audit") for url in settings.database_urls()}

    def transaction(room: str) -> AbstractAsyncContextManager[AsyncConnection]:
        return databases[settings.room_database_url(room)].transaction()

    try:
        yield Books(transaction, settings)
    finally:
        for database in databases.values():
            await database.close()
