"""What a process has to do with the operations, beside its work: it hears of pauses, and says that it lives."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from workers.runtime.database import Database
from workers.runtime.gatekeeper import Gatekeeper
from workers.runtime.presence import Presence
from workers.runtime.settings import OPERATIONS, Settings
from workers.runtime.tasks import release
from workers.runtime.waiting import Waits, nothing_waits

CONNECTIONS = 2


class Office:
    """Has connections of its own: neither the work nor this is to wait for the other."""

    def __init__(
        self, settings: Settings, room: str, *, name: str, queues: Collection[str] = (), waits: Waits = nothing_waits
    ) -> None:
        url = settings.room_database_url(OPERATIONS)
        self._database = Database(url, connections=CONNECTIONS, name=name)
        self._presence = Presence(self._database.transaction, room, every=settings.presence_seconds, waits=waits)
        self._gatekeeper = Gatekeeper(self._database, url, queues, every=settings.pause_poll_seconds)
        self.gates = self._gatekeeper.gates

    @asynccontextmanager
    async def manned(self) -> AsyncIterator[None]:
        """Be there while the block runs."""
        tasks = [asyncio.create_task(self._gatekeeper.run()), asyncio.create_task(self._presence.run())]
        try:
            yield
        finally:
            silent = [] if await self._presence.leave() else [self._database]
            await release(tasks, *silent)
            await self._database.close()
