"""Where letters and what they are about are kept: the operations' database, and every room's."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.fleet import ROOMS
from workers.runtime.database import Database
from workers.runtime.handler import Handler
from workers.runtime.settings import OPERATIONS, Settings

Transactions = Callable[[str], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a transaction on the database of a room, or of the operations."""

_HANDLERS = {queue: handler for room in ROOMS.values() for queue, handler in room.handlers.items()}


class Offices:
    """Transactions by room, and the settings that handlers are given."""

    def __init__(self, transaction: Transactions, settings: Settings) -> None:
        self.room = transaction
        self.settings = settings

    def operations(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction where the letters are."""
        return self.room(OPERATIONS)


def handler_of(queue: str) -> Handler | None:
    """Return what handles the messages of a queue, unless no room has that queue."""
    return _HANDLERS.get(queue)


def room_of(queue: str) -> str:
    """Return the room that a queue belongs to."""
    return queue.partition("_")[0].lower()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Offices]:
    """Open every database, each with two connections."""
    databases = {url: Database(url, connections=2, name="orderfleet dead") for url in settings.database_urls()}

    def transaction(room: str) -> AbstractAsyncContextManager[AsyncConnection]:
        return databases[settings.room_database_url(room)].transaction()

    try:
        yield Offices(transaction, settings)
    finally:
        for database in databases.values():
            await database.close()
