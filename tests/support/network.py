"""The fleet's rooms on a real database, with the delivery of every single message in a test's own hands."""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self
from uuid import UUID

import msgspec

from messages.post import outbox
from messages.post.envelope import Envelope
from messages.post.receipts import Receipt
from messages.post.wire import properties
from tests.support.fate import Fate, FatefulDatabase, FatefulOutside, suffering
from workers.fleet import ROOMS
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.delivery import Delivery, Letter, read
from workers.runtime.handling import Handling, Results
from workers.runtime.patience import Patience
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.verdict import is_last

Waiting = tuple[str, Envelope]
"""A message in a queue."""


class Network:
    """Every queue as one list of messages: whoever holds it decides which is delivered next, and how often."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.waiting: list[Waiting] = []
        self._database = FatefulDatabase(database)
        self._settings = settings
        self._stack = AsyncExitStack()
        self._handlings: dict[str, Handling] = {}
        self._clocks: dict[str, Clock] = {}

    async def __aenter__(self) -> Self:
        for room in ROOMS.values():
            await self._furnish(room)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def deliver(self, index: int) -> None:
        """Deliver one waiting message, with everything that its handling says joining the queues."""
        queue, envelope = self.waiting.pop(index)
        await self.handle(queue, envelope)

    async def handle(self, queue: str, envelope: Envelope) -> None:
        """Handle a message as a worker would; its replies are heard wherever they are bound."""
        for result in (await self.work(queue, [envelope])).values():
            if isinstance(result, Exception):
                raise result
            self.say(result.replies)

    async def work(
        self, queue: str, envelopes: Sequence[Envelope], fate: Fate | None = None, *, redelivered: bool = False
    ) -> Results:
        """Handle a set as a worker of that ``fate`` would, and tell nobody of what came of it."""
        letters = [_letter(queue, envelope, redelivered=redelivered) for envelope in envelopes]
        with suffering(fate or Fate()):
            return await self._handlings[queue].handle(letters)

    def settle(self, queue: str, envelopes: Sequence[Envelope], results: Results) -> None:
        """Say what a set led to; what failed waits again for its next attempt, as after a rung of the ladder."""
        ladder = _room(queue).handlers[queue].ladder
        for envelope in envelopes:
            match results[envelope.message_id]:
                case Receipt(replies=replies):
                    self.say(replies)
                case error:
                    if is_last(envelope.attempt, ladder):
                        raise error
                    self.waiting.append((queue, msgspec.structs.replace(envelope, attempt=envelope.attempt + 1)))

    async def carry(self, index: int) -> None:
        """Deliver one waiting message; if it fails, it waits again, until the ladder has no further rung."""
        queue, envelope = self.waiting.pop(index)
        self.settle(queue, [envelope], await self.work(queue, [envelope]))

    @property
    def timers(self) -> list[str]:
        """The names of the rooms' timers."""
        return sorted(self._clocks)

    async def tick(self, *names: str, fate: Fate | None = None) -> None:
        """Let every timer, or those named, do what is due; what stands in the outbox is relayed."""
        with suffering(fate or Fate()):
            for name in names or self._clocks:
                await self._clocks[name].tick()
        await self.relay()

    async def relay(self) -> None:
        """Carry the outbox to the queues."""
        async with self._database.transaction() as tx:
            leased = await outbox.lease(tx, limit=1000, seconds=60)
            await outbox.delete(tx, list(leased))
        self.say(row for row in leased.values() if isinstance(row, Envelope))

    async def drain(self, *timers: str) -> None:
        """Deliver everything, oldest first, and let the timers named do what is due, until nothing is left to do."""
        while True:
            while self.waiting:
                await self.carry(0)
            await self.tick(*timers)
            if not self.waiting:
                return

    def say(self, envelopes: Iterable[Envelope]) -> None:
        """Put messages into every queue that is bound to their type."""
        for envelope in envelopes:
            self.waiting += [(queue, envelope) for queue in _queues(envelope.type)]

    def about(self, order: UUID) -> list[Waiting]:
        """Return what waits about one order."""
        return [(queue, envelope) for queue, envelope in self.waiting if envelope.subject == order]

    def errands(self) -> list[int]:
        """Return where messages wait whose handling asks the outside."""
        return [index for index, (queue, _) in enumerate(self.waiting) if _room(queue).handlers[queue].steps]

    async def _furnish(self, room: Room) -> None:
        outside: dict[type[Any], Any] = {}
        for type_, factory in room.resources.items():
            outside[type_] = FatefulOutside(await self._stack.enter_async_context(factory(self._settings)))
        for queue, handler in room.handlers.items():
            there = outside[handler.steps.outside] if handler.steps else None
            self._handlings[queue] = Handling(handler, self._database, self._settings, there)
        for timer in room.timers.values():
            there = outside[timer.steps.outside] if timer.steps else None
            patience = Patience(self._database.probe)
            self._clocks[timer.name] = Clock(
                timer, self._database, self._settings, patience, said_by=room.schema, outside=there
            )


def _queues(type_: str) -> list[str]:
    return [queue for room in ROOMS.values() for queue, heard in room.listeners if heard == type_]


def _room(queue: str) -> Room:
    return ROOMS[queue.partition("_")[0].lower()]


def _letter(queue: str, envelope: Envelope, *, redelivered: bool) -> Letter:
    delivery = Delivery(1, properties(envelope), bytes(envelope.body), redelivered, queue)
    return read(delivery, _room(queue).handlers[queue])
