"""The dead room's process: a consumer for every dead queue."""

from collections.abc import Collection

from messages.post.topology import work_queue
from workers.dead.forwarding import Forwarding
from workers.dead.keeper import Keeper
from workers.runtime import lifecycle
from workers.runtime.consumer import Consumer
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.worker import UnknownQueueError, Worker

SET = 500
PREFETCH = 2000
room = Room("Dead")


def run(settings: Settings, *, dead: Collection[str], queues: Collection[str] = ()) -> int:
    """Move the letters of the ``dead`` queues, or of some of them, until told to end, and return the exit code.

    Raises:
        UnknownQueueError: when one of ``queues`` is no dead queue.
    """
    if unknown := set(queues) - set(dead):
        raise UnknownQueueError(f"there is no dead queue {min(unknown)}; there are {', '.join(sorted(dead))}")
    return lifecycle.run(lambda stop: Undertaker(settings, dead, queues).work(stop), settings, room.schema)


class Undertaker(Worker):
    """A worker whose queues are not its handlers'."""

    def __init__(self, settings: Settings, dead: Collection[str], queues: Collection[str] = ()) -> None:
        self._dead = sorted(queues or dead)
        super().__init__(room, settings, heard=frozenset())
        self._forwarding = Forwarding(self.publisher, set(map(work_queue, dead)))

    def _queues(self) -> list[str]:
        return self._dead

    def _build(self) -> None:
        self.consumers += map(self._collector, self._dead)

    def _collector(self, queue: str) -> Consumer:
        keeper = Keeper(queue, self.database, self._forwarding)
        patience, gate = self._patience(None), self.office.gates[queue]
        return Consumer(
            queue, self.consuming, keeper, patience, batch_size=SET, prefetch=PREFETCH, only_moves=True, gate=gate
        )
