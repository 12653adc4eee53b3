"""A room's database: transactions, and telling an outage from an error."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from workers.runtime.arrays import ArrayDumper

_OPTIONS = "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
_IS_WRITABLE = text("SELECT current_setting('transaction_read_only') = 'off'")
_OUTAGES = ("08", "57P", "53300", "25006", "55P03")
"""Connections lost or refused, shutdown, too many connections, read-only after a failover, a lock held for too long."""
_OVERTIME = "57014"
_BLOCKED = "55P03"
_TRANSIENT = ("40001", "40P01")  # serialization failure, deadlock: the same work may succeed at once


class Database:
    """The connections of one process to one database."""

    def __init__(self, url: str, *, connections: int = 10, name: str = "orderfleet") -> None:
        self._engine = engine(url, connections=connections, name=name)
        self._wires: WeakSet[Any] = WeakSet()
        event.listen(self._engine.sync_engine, "connect", self._note)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at the end of the block, and rolls back when the block raises."""
        async with self._engine.begin() as tx:
            yield tx

    async def probe(self) -> bool:
        """Tell whether the database answers."""
        try:
            async with self._engine.connect() as connection:
                is_writable = (await connection.execute(_IS_WRITABLE)).scalar_one()
        except Exception as error:
            if is_outage(error):
                return False
            raise
        if not is_writable:
            await self._engine.dispose()  # the primary is another server now
        return bool(is_writable)

    async def close(self) -> None:
        """Close every connection, also those that somebody still waits for."""
        await self._engine.dispose()
        self.cut()

    def cut(self) -> None:
        """Hang up on every connection: a server that is frozen would keep whoever waits for it, even to be cancelled.

        Those who wait learn that their connection is lost.
        """
        for connection in list(self._wires):
            if not connection.closed:
                with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
                    wire.shutdown(socket.SHUT_RDWR)

    def _note(self, connection: Any, _: object) -> None:
        self._wires.add(connection.driver_connection)


def engine(url: str, *, connections: int, name: str) -> AsyncEngine:
    """Make an engine whose statements and waits all end by themselves."""
    made = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        connect_args={
            "application_name": name,
            "connect_timeout": 5,
            "options": _OPTIONS,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 25_000,  # milliseconds; keepalives say nothing while a query is under way
        },
    )
    event.listen(made.sync_engine, "connect", _write_arrays)
    return made


def _write_arrays(connection: Any, _: object) -> None:
    connection.driver_connection.adapters.register_dumper(list, ArrayDumper)


def is_outage(error: BaseException) -> bool:
    """Tell whether ``error`` means that the database cannot be reached, rather than that it refused something."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return isinstance(error, ConnectionError)
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state.startswith(_OUTAGES):
        return True
    return not state and isinstance(error, OperationalError | InterfaceError)


def is_blocked(error: BaseException) -> bool:
    """Tell whether ``error`` is a lock that somebody else held for too long."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _BLOCKED


def is_transient(error: BaseException) -> bool:
    """Tell whether the same work may succeed if it is simply done again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _TRANSIENT


def is_overtime(error: BaseException) -> bool:
    """Tell whether a statement took longer than any may."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _OVERTIME
