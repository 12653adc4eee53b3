"""A worker: one room's consumers and timers in one process, put together, run, and taken down in the right order."""

import asyncio
import os
import socket
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from structlog.stdlib import get_logger

from workers.runtime import lifecycle
from workers.runtime.batch import Outside
from workers.runtime.broker import Link
from workers.runtime.clock import Clock
from workers.runtime.consumer import Consumer
from workers.runtime.database import Database
from workers.runtime.failures import Failures
from workers.runtime.handler import Handler, Steps, Timer
from workers.runtime.handling import Handling
from workers.runtime.health import Checks, serving
from workers.runtime.lifecycle import Stop
from workers.runtime.office import Office
from workers.runtime.passage import Passage
from workers.runtime.patience import Patience
from workers.runtime.publisher import Publisher
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.tasks import release
from workers.runtime.waiting import Waiting, waits_of

log = get_logger(__name__)


class UnknownQueueError(ValueError):
    """A worker was asked for a queue that its room does not have."""


def run(room: Room, settings: Settings, *, heard: frozenset[str], queues: Collection[str] = ()) -> int:
    """Run a worker of ``room`` until it is told to end, and return its exit code.

    ``heard`` names the message types that somebody listens to; ``queues`` limits the worker to some of its room's.

    Raises:
        UnknownQueueError: when one of ``queues`` is not the room's.
    """
    if unknown := set(queues) - set(room.handlers):
        raise UnknownQueueError(f"{room.name} has no queue {min(unknown)}; it has {', '.join(sorted(room.handlers))}")
    return lifecycle.run(
        lambda stop: Worker(room, settings, heard=heard, queues=queues).work(stop), settings, room.schema
    )


class Worker:
    """The parts of one worker process, made from a room and settings."""

    def __init__(self, room: Room, settings: Settings, *, heard: frozenset[str], queues: Collection[str] = ()) -> None:
        self.room = room
        self.settings = settings
        self.name = f"{room.schema}@{socket.gethostname()}:{os.getpid()}"
        handlers = [handler for queue, handler in room.handlers.items() if not queues or queue in queues]
        self._handlers = handlers
        self.database = Database(
            settings.room_database_url(room.schema), connections=len(handlers) + len(room.timers) + 2, name=self.name
        )
        self.consuming = Link(settings.amqp_urls, name=f"{self.name} consume", heartbeat=settings.heartbeat_seconds)
        self.publishing = Link(settings.amqp_urls, name=f"{self.name} publish", heartbeat=settings.heartbeat_seconds)
        self.publisher = Publisher(self.publishing, heard=heard, window=settings.publish_window)
        self.office = Office(settings, room.schema, name=self.name, queues=self._queues(), waits=self.waits)
        self._outside: dict[type[Any], Any] = {}
        self.consumers: list[Consumer] = []
        self.clocks: list[Clock] = []

    async def work(self, stop: Stop) -> None:
        """Run until ``stop``, then finish what was begun."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._close)
            for type_, factory in self.room.resources.items():
                self._outside[type_] = await stack.enter_async_context(factory(self.settings))
            self._build()
            ready = {consumer.queue: partial(getattr, consumer, "is_ready") for consumer in self.consumers}
            checks: Checks = {**ready, **self._publishes()}
            health = await stack.enter_async_context(serving(self.settings, checks, self.waits))
            log.info("working", queues=[consumer.queue for consumer in self.consumers], health_port=health.port)
            async with self.office.manned():
                await self._run(stop)

    def waits(self) -> Mapping[str, Waiting]:
        """Tell which parts of this worker wait now, and for what."""
        consumers = {consumer.queue: consumer.waiting for consumer in self.consumers}
        clocks = {clock.name: clock.waiting for clock in self.clocks}
        return waits_of({**consumers, **clocks, "publisher": self.publishing.waiting})

    async def _run(self, stop: Stop) -> None:
        watching = lifecycle.watch(self._checks(), stop, patience=self.settings.watchdog_seconds)
        watchdog = asyncio.create_task(watching)
        publishing = asyncio.create_task(self.publisher.run(), name="publisher")
        parts: list[Consumer | Clock] = [*self.consumers, *self.clocks]
        tasks = [asyncio.create_task(part.run(), name=part.name) for part in parts]
        lifecycle.expect_to_last([*tasks, publishing], stop)
        await stop.wait()
        await self._drain(tasks)
        for task in (watchdog, publishing):
            task.cancel()
        await asyncio.gather(watchdog, publishing, return_exceptions=True)

    async def _drain(self, tasks: list[asyncio.Task[None]]) -> None:
        """Cancel consumers, finish what has arrived, then let go; what is left undone was no attempt."""
        for clock in self.clocks:
            clock.stop()
        stopping = [asyncio.create_task(consumer.stop()) for consumer in self.consumers]
        for consumer, task in zip(self.consumers, tasks, strict=False):
            if not consumer.holds_anything:  # it may be waiting for a broker that does not come
                task.cancel()
        _, late = await asyncio.wait([*tasks, *stopping], timeout=self.settings.drain_seconds)
        if late:
            log.warning("stopped before everything taken was finished", unfinished=len(late))
            await release(late, self.database)

    async def _close(self) -> None:
        await self.publishing.close()
        await self.consuming.close()
        await self.database.close()

    def _build(self) -> None:
        for handler in self._handlers:
            self.consumers.append(self._consumer(handler))
        for timer in self.room.timers.values():
            self.clocks.append(self._clock(timer))

    def _consumer(self, handler: Handler) -> Consumer:
        outside = self._outside_of(handler.queue, handler.steps)
        handling = Handling(handler, self.database, self.settings, outside)
        failures = Failures(handler, self.database, self.publisher, worker=self.name)
        passage = Passage(handler, handling, self.publisher, failures)
        size, prefetch = self.settings.batch_size, self.settings.prefetch
        patience = self._patience(outside)
        gate = self.office.gates[handler.queue]
        return Consumer(handler.queue, self.consuming, passage, patience, batch_size=size, prefetch=prefetch, gate=gate)

    def _queues(self) -> list[str]:
        return [handler.queue for handler in self._handlers]

    def _clock(self, timer: Timer) -> Clock:
        outside = self._outside_of(timer.name, timer.steps)
        patience = self._patience(outside)
        return Clock(timer, self.database, self.settings, patience, said_by=self.room.schema, outside=outside)

    def _outside_of(self, name: str, steps: Steps | None) -> Outside | None:
        if steps is None:
            return None
        steps.require_complete(name)
        outside: Outside = self._outside[steps.outside]
        return outside

    def _patience(self, outside: Outside | None) -> Patience:
        """Wait for what this part needs, and for nothing that only others need."""

        async def probe() -> bool:
            return await self.database.probe() and (outside is None or await outside.probe())

        return Patience(probe)

    def _checks(self) -> Checks:
        """What must be well, and is not for long without the watchdog."""
        return {**{c.queue: partial(getattr, c, "is_well") for c in self.consumers}, **self._publishes()}

    def _publishes(self) -> Checks:
        return {"publisher": lambda: self.publishing.down_since is None}
