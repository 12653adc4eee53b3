"""A tap on everything that is said: it counts what was said twice, and can say it again."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from aio_pika import ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from messages.post.topology import EVENTS
from workers.runtime.broker import was_cancelled
from workers.runtime.brokers import connect

_QUEUE = "chaos.tap"
_MOST_WAITING = 100_000
_KEPT = 5000
_COPY = "chaos-copy"
_CONNECT_SECONDS = 5
_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 60
_LOW_BITS = 2**64 - 1


class Tap:
    """Listens to every event, from a queue that forgets rather than grows.

    A message counts as said twice when two of its copies came over the wire; copies of our own do not count.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._known: set[int] = set()
        self._latest: deque[AbstractIncomingMessage] = deque(maxlen=_KEPT)
        self._is_open = True
        self.heard = 0
        self.repeated = 0
        self.copies = 0

    async def listen(self) -> None:
        """Listen until cancelled, over one connection after the other."""
        while True:
            try:
                with suppress(Exception):  # whatever it is: the broker is being ill-treated
                    await self._listen_once()
            except asyncio.CancelledError:
                if was_cancelled():
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)

    def latest(self, count: int) -> list[AbstractIncomingMessage]:
        """Return what was said last, the oldest first."""
        return list(self._latest)[-count:]

    async def say_again(self, messages: Sequence[AbstractIncomingMessage]) -> None:
        """Publish messages once more, with their ids; a broker that is away is waited for, but not for ever."""
        left = deque(messages)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while left:
                    with suppress(Exception):
                        await self._publish(left)
                    await asyncio.sleep(_PAUSE_SECONDS if left else 0)

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """Hear nothing while the block runs."""
        self._is_open = False
        await self._bind()
        try:
            yield
        finally:
            self._is_open = True
            await self._bind()

    async def _listen_once(self) -> None:
        async with await connect(self._urls, seconds=_CONNECT_SECONDS) as connection:
            channel = await connection.channel(publisher_confirms=False)
            await channel.declare_exchange(EVENTS, ExchangeType.TOPIC, durable=True)
            queue = await channel.declare_queue(_QUEUE, durable=True, arguments={"x-max-length": _MOST_WAITING})
            if self._is_open:
                await queue.bind(EVENTS, "#")
            async with queue.iterator(no_ack=True) as arriving:
                async for message in arriving:
                    self._note(message)

    def _note(self, message: AbstractIncomingMessage) -> None:
        if _COPY in message.headers:
            return
        self.heard += 1
        self._latest.append(message)
        with suppress(ValueError):
            key = UUID(message.message_id or "").int & _LOW_BITS
            self.repeated += key in self._known
            self._known.add(key)

    async def _publish(self, left: deque[AbstractIncomingMessage]) -> None:
        async with await connect(self._urls, seconds=_CONNECT_SECONDS) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange(EVENTS, ensure=False)
            while left:
                message = left[0]
                await exchange.publish(_copy(message), message.routing_key or "", mandatory=False, timeout=5)
                left.popleft()
                self.copies += 1

    async def _bind(self) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                with suppress(Exception):
                    async with await connect(self._urls, seconds=_CONNECT_SECONDS) as connection:
                        await self._rebind(await connection.channel())
                        return
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _rebind(self, channel: AbstractChannel) -> None:
        queue = await channel.get_queue(_QUEUE, ensure=False)
        if self._is_open:
            await queue.bind(EVENTS, "#")
        else:
            await queue.unbind(EVENTS, "#")


def _copy(message: AbstractIncomingMessage) -> Message:
    return Message(
        message.body,
        headers={**message.headers, _COPY: True},
        content_type=message.content_type,
        delivery_mode=message.delivery_mode,
        correlation_id=message.correlation_id,
        message_id=message.message_id,
        timestamp=message.timestamp,
        type=message.type,
        app_id=message.app_id,
    )
