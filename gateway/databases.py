"""The rooms' databases: one set of connections per server, however many rooms live on it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.database import Database
from workers.runtime.settings import OPERATIONS, ROOMS, Settings

CONNECTIONS = 10
_PATIENCE = 3
_NEWS = 0.05


class Databases:
    """Transactions by room."""

    def __init__(self, settings: Settings, *, connections: int = CONNECTIONS) -> None:
        self._databases = {
            url: Database(url, connections=connections, name="orderfleet gateway") for url in settings.database_urls()
        }
        self._urls = {room: settings.room_database_url(room) for room in (*ROOMS, OPERATIONS)}

    @asynccontextmanager
    async def transaction(self, room: str) -> AsyncIterator[AsyncConnection]:
        """Open a transaction on the database of ``room``."""
        async with self._databases[self._urls[room]].transaction() as tx:
            yield tx

    @asynccontextmanager
    async def transactions(self, *rooms: str) -> AsyncIterator[Sequence[AsyncConnection]]:
        """Open one transaction per database that ``rooms`` live on; the first room's commits last."""
        async with AsyncExitStack() as stack:
            opened: dict[str, AsyncConnection] = {}
            for room in rooms:
                url = self._urls[room]
                if url not in opened:
                    opened[url] = await stack.enter_async_context(self._databases[url].transaction())
            yield [opened[self._urls[room]] for room in rooms]

    def together(self, *rooms: str) -> list[list[str]]:
        """Return ``rooms`` in groups of those that share a database."""
        groups: dict[str, list[str]] = {}
        for room in rooms:
            groups.setdefault(self._urls[room], []).append(room)
        return list(groups.values())

    async def probe(self) -> dict[str, bool]:
        """Tell, room by room, whether its database answers."""
        answers = await asyncio.gather(*(_answers(database) for database in self._databases.values()))
        up = dict(zip(self._databases, answers, strict=True))
        return {room: up[self._urls[room]] for room in ROOMS}

    async def cut(self) -> None:
        """Hang up, and let those who waited learn of it: a server that is frozen would keep them, and us."""
        for database in self._databases.values():
            database.cut()
        await asyncio.sleep(_NEWS)

    async def close(self) -> None:
        """Close every connection."""
        for database in self._databases.values():
            await database.close()


async def _answers(database: Database) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await database.probe()
    except TimeoutError:
        return False
