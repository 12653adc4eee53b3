"""The fleet's rooms on a real database, with the delivery of every single message in a test's own hands."""

from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any, Self
from uuid import UUID

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from messages.post import outbox
from messages.post.envelope import Envelope
from messages.post.receipts import Receipt
from messages.post.wire import properties
from workers.fleet import ROOMS
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.delivery import Delivery, Letter, read
from workers.runtime.handling import Handling
from workers.runtime.patience import Patience
from workers.runtime.room import Room
from workers.runtime.settings import Settings

Waiting = tuple[str, Envelope]
"""A message in a queue."""


class Network:
    """Every queue as one list of messages: whoever holds it decides which is delivered next, and how often."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.waiting: list[Waiting] = []
        self._database = database
        self._settings = settings
        self._stack = AsyncExitStack()
        self._handlings: dict[str, Handling] = {}
        self._clocks: list[Clock] = []

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
        results = await self._handlings[queue].handle([_letter(queue, envelope)])
        match results[envelope.message_id]:
            case Receipt(replies=replies):
                self.say(replies)
            case error:
                raise error

    async def tick(self, *names: str) -> None:
        """Let every timer, or those named, do what is due; what stands in the outbox is relayed."""
        for clock in self._clocks:
            if not names or clock.name in names:
                await clock.tick()
        await self.relay()

    async def relay(self) -> None:
        """Carry the outbox to the queues."""
        async with self._database.transaction() as tx:
            leased = await outbox.lease(tx, limit=1000, seconds=60)
            await outbox.delete(tx, list(leased))
        self.say(row for row in leased.values() if isinstance(row, Envelope))

    def say(self, envelopes: Iterable[Envelope]) -> None:
        """Put messages into every queue that is bound to their type."""
        for envelope in envelopes:
            self.waiting += [(queue, envelope) for queue in _queues(envelope.type)]

    def about(self, order: UUID) -> list[Waiting]:
        """Return what waits about one order."""
        return [(queue, envelope) for queue, envelope in self.waiting if envelope.subject == order]

    async def _furnish(self, room: Room) -> None:
        outside: dict[type[Any], Any] = {}
        for type_, factory in room.resources.items():
            outside[type_] = await self._stack.enter_async_context(factory(self._settings))
        for queue, handler in room.handlers.items():
            there = outside[handler.steps.outside] if handler.steps else None
            self._handlings[queue] = Handling(handler, self._database, self._settings, there)
        for timer in room.timers.values():
            there = outside[timer.steps.outside] if timer.steps else None
            patience = Patience(self._database.probe)
            self._clocks.append(
                Clock(timer, self._database, self._settings, patience, said_by=room.schema, outside=there)
            )


def _queues(type_: str) -> list[str]:
    return [queue for room in ROOMS.values() for queue, heard in room.listeners if heard == type_]


def _letter(queue: str, envelope: Envelope) -> Letter:
    room = ROOMS[queue.partition("_")[0].lower()]
    raw = DeliveredMessage(
        delivery=Basic.Deliver(consumer_tag="", delivery_tag=1, redelivered=False, exchange="", routing_key=queue),
        header=ContentHeader(properties=properties(envelope)),
        body=bytes(envelope.body),
        channel=None,  # type: ignore[arg-type]  # nothing here acknowledges
    )
    return read(Delivery(1, raw), room.handlers[queue])
