"""Connections to the broker: a link that comes back, and the plain channels underneath aio-pika that travel over it.

aio-pika's robust connection has its own idea of what to restore, and stays silently unready after a topology mismatch.
A link restores nothing: whoever needs a channel asks for a new one and sets it up again.
"""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

import aio_pika
from aiormq import Channel
from aiormq.abc import AbstractChannel
from structlog.stdlib import get_logger
from tenacity import AsyncRetrying, RetryCallState, wait_exponential_jitter
from yarl import URL

log = get_logger(__name__)

CALL_TIMEOUT = 10.0
FRAME_BUFFER = 1000  # aiormq's default of 10 hands deliveries out in threes

T = TypeVar("T")


class Link:
    """One named connection, opened when first needed and opened again whenever it was lost."""

    def __init__(self, url: str, *, name: str, heartbeat: int) -> None:
        self._url = URL(url).update_query(heartbeat=heartbeat)
        self._name = name
        self._connection: aio_pika.abc.AbstractConnection | None = None
        self._opening = asyncio.Lock()
        self.down_since: float | None = time.monotonic()
        """When the link was last seen broken, by the monotonic clock; None while it works."""

    async def channel(self, *, confirms: bool = False) -> Channel:
        """Open a channel, first waiting for the broker as long as it takes."""
        async for attempt in _patiently(self._note_failure):
            with attempt:
                channel = await bounded(self._open(confirms=confirms))
        self.down_since = None
        return channel

    async def lose(self) -> None:
        """Give the connection up without asking the broker; the next channel comes over a new one."""
        connection, self._connection = self._connection, None
        self.down_since = self.down_since or time.monotonic()
        if connection is not None:
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), timeout=1)

    async def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await bounded(connection.close())

    async def _open(self, *, confirms: bool) -> Channel:
        async with self._opening:
            if self._connection is None or self._connection.is_closed or _transport_closed(self._connection):
                self._connection = await aio_pika.connect(
                    self._url, timeout=5, client_properties={"connection_name": self._name}
                )
                self._connection.close_callbacks.add(self._note_loss)
        transport = self._connection.transport
        if transport is None:
            raise ConnectionError("the connection was closed while a channel was opened")
        channel: AbstractChannel = await transport.connection.channel(
            publisher_confirms=confirms, frame_buffer_size=FRAME_BUFFER, timeout=CALL_TIMEOUT
        )
        assert isinstance(channel, Channel)  # noqa: S101 - narrows the interface to the pinned implementation
        return channel

    def _note_loss(self, connection: aio_pika.abc.AbstractConnection | None, error: BaseException | None) -> None:
        if connection is self._connection:
            self.down_since = self.down_since or time.monotonic()
            log.warning("broker connection lost", connection=self._name, error=repr(error))

    def _note_failure(self, state: RetryCallState) -> None:
        self.down_since = self.down_since or time.monotonic()
        error = state.outcome.exception() if state.outcome else None
        log.warning("broker unreachable", connection=self._name, broker=self._url.host, error=repr(error))


async def bounded(call: Awaitable[T], seconds: float = CALL_TIMEOUT) -> T:
    """Await a call to the broker; while a node is frozen, any of them may hang.

    Raises:
        ConnectionError: when the connection died meanwhile: aiormq then cancels whoever waits, though nobody asked.
    """
    try:
        return await asyncio.wait_for(call, timeout=seconds)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionError("the connection died under a call") from None


def _transport_closed(connection: aio_pika.abc.AbstractConnection) -> bool:
    return connection.transport is None or not connection.transport.connection.is_opened


def _patiently(on_failure: object) -> AsyncRetrying:
    return AsyncRetrying(wait=wait_exponential_jitter(multiplier=0.2, max=3), before_sleep=on_failure)  # type: ignore[arg-type]
