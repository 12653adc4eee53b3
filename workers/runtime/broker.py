"""Connections to the broker: a link that comes back, and the plain channels that travel over it.

This is aiormq, the driver beneath aio-pika. aio-pika's robust connection has its own idea of what to restore, and stays
silently unready after a topology mismatch; a link restores nothing: whoever needs a channel asks for a new one and sets
it up again.
"""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import aiormq
from aiormq import Channel
from aiormq.abc import AbstractConnection
from aiormq.connection import TCPTransportFactory
from structlog.stdlib import get_logger
from tenacity import AsyncRetrying, RetryCallState, wait_exponential_jitter
from yarl import URL

from workers.runtime.brokers import Brokers
from workers.runtime.inlet import Inlet
from workers.runtime.waiting import BROKER, Waiting

log = get_logger(__name__)

CALL_TIMEOUT = 10.0
CONNECT_TIMEOUT = 5.0
GOODBYE_TIMEOUT = 1.0
FRAME_BUFFER = 1000  # aiormq's default of 10 hands frames out in threes

T = TypeVar("T")


class Link:
    """One named connection, opened when first needed and opened again, with the next of ``urls``, when it was lost."""

    def __init__(self, urls: Sequence[str], *, name: str, heartbeat: int) -> None:
        self._brokers = Brokers(urls)
        self._heartbeat = heartbeat
        self._name = name
        self._connection: AbstractConnection | None = None
        self._wire: asyncio.StreamWriter | None = None
        self._opening = asyncio.Lock()
        self.down_since: float | None = time.monotonic()
        """When the link was last seen broken, by the monotonic clock; None while it works."""
        self._error: str | None = None

    @property
    def waiting(self) -> Waiting | None:
        """Why the link does not work, if something is known to have gone wrong with it."""
        if self.down_since is None or self._error is None:
            return None
        since = datetime.now(UTC) - timedelta(seconds=time.monotonic() - self.down_since)
        return Waiting(what=BROKER, since=since, error=self._error)

    @property
    def _url(self) -> URL:
        return URL(self._brokers.current).update_query(heartbeat=self._heartbeat)

    async def channel(self, *, confirms: bool = False) -> Channel:
        """Open a channel, first waiting for the broker as long as it takes."""
        async for attempt in _patiently(self._note_failure):
            with attempt:
                channel = await bounded(self._open(confirms=confirms))
        self.down_since = self._error = None
        return channel

    def lose(self, channel: Channel) -> None:
        """Give up the connection of ``channel`` at once, asking nobody; the next channel comes over a new one."""
        if channel.connection is self._connection:
            self._connection = None
            self._break("it did not answer in time")
            self._brokers.move_on()
            self._cut()

    async def close(self) -> None:
        """Say goodbye, and hang up whether or not the broker answers."""
        connection, self._connection = self._connection, None
        if connection is not None:
            goodbye = asyncio.ensure_future(connection.close())
            await asyncio.wait([goodbye], timeout=GOODBYE_TIMEOUT)
            self._cut()
            await asyncio.wait([goodbye], timeout=GOODBYE_TIMEOUT)

    async def _open(self, *, confirms: bool) -> Channel:
        async with self._opening:
            if self._connection is None or not self._connection.is_opened:
                self._connection = await self._connect()
        channel = await self._connection.channel(
            publisher_confirms=confirms, frame_buffer_size=FRAME_BUFFER, timeout=CALL_TIMEOUT
        )
        assert isinstance(channel, Channel)  # noqa: S101 - narrows the interface to the pinned implementation
        return channel

    async def _connect(self) -> AbstractConnection:
        transport = _Transport()
        async with asyncio.timeout(CONNECT_TIMEOUT):
            connection = await aiormq.connect(
                self._url, client_properties={"connection_name": self._name}, transport_factory=transport
            )
        self._wire = transport.writer
        transport.inlet.belong_to(connection)
        connection.closing.add_done_callback(lambda _: self._note_loss(connection))
        return connection

    def _cut(self) -> None:
        # A polite close waits for the peer to read what is left, and a frozen one never does.
        if self._wire is not None:
            self._wire.transport.abort()
            self._wire = None

    def _note_loss(self, connection: AbstractConnection) -> None:
        if connection is self._connection:
            self._break("the connection was lost")
            self._brokers.move_on()
            log.warning("broker connection lost", connection=self._name)

    def _note_failure(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._break(repr(error))
        log.warning(
            "broker unreachable", connection=self._name, broker=f"{self._url.host}:{self._url.port}", error=repr(error)
        )
        self._brokers.move_on()

    def _break(self, error: str) -> None:
        self.down_since = self.down_since or time.monotonic()
        self._error = f"{self._url.host}:{self._url.port}: {error}"


class _Transport(TCPTransportFactory):
    """Keeps hold of the wire, so that it can be cut, and of where deliveries come in."""

    inlet: Inlet
    writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, self.writer = await super().create(url, **kwargs)
        self.inlet = Inlet(reader)
        return self.inlet, self.writer  # type: ignore[return-value]  # a reader, as far as the connection reads


async def bounded(call: Awaitable[T], seconds: float = CALL_TIMEOUT) -> T:
    """Await a call to the broker; while a node is frozen, any of them may hang.

    Raises:
        ConnectionError: when the connection died meanwhile: aiormq then cancels whoever waits, though nobody asked.
    """
    try:
        return await asyncio.wait_for(call, timeout=seconds)
    except asyncio.CancelledError:
        if was_cancelled():
            raise
        raise ConnectionError("the connection died under a call") from None


def was_cancelled() -> bool:
    """Tell whether somebody asked the current task to end, rather than a dying connection."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _patiently(on_failure: object) -> AsyncRetrying:
    return AsyncRetrying(wait=wait_exponential_jitter(multiplier=0.2, max=3), before_sleep=on_failure)  # type: ignore[arg-type]
