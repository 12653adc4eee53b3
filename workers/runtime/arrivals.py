"""Deliveries straight from the wire: put together as their frames come, without a task for each.

This stands where the channel of aiormq, which is pinned, expects its queue of frames, and hands on whatever is no
delivery. ``tests/integration/runtime/test_arrivals.py`` fails when the insides it leans on change.
"""

import asyncio
from collections.abc import Callable

from aiormq import Channel
from aiormq.abc import DeliveredMessage, FrameType
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

Frame = tuple[int, FrameType]
"""A frame, and its weight on the wire."""


class Arrivals:
    """Calls ``receive`` with every delivery on ``channel``, in their order; it must neither wait nor raise."""

    def __init__(self, channel: Channel, receive: Callable[[DeliveredMessage], None]) -> None:
        self._channel = channel
        self._receive = receive
        self._others: asyncio.Queue[Frame] = channel.frames
        self._deliver: Basic.Deliver | None = None
        self._header: ContentHeader | None = None
        self._body = bytearray()

    @classmethod
    def at(cls, channel: Channel, receive: Callable[[DeliveredMessage], None]) -> None:
        """Receive what arrives on ``channel`` from now on; nothing must be consumed on it before."""
        channel.frames = cls(channel, receive)  # type: ignore[assignment]  # a queue, as far as the channel uses it

    async def put(self, item: Frame) -> None:
        """Take a frame from the connection."""
        _, frame = item
        match frame:
            case Basic.Deliver():
                self._deliver = frame
            case ContentHeader() if self._deliver:
                self._header = frame
                self._finish()
            case ContentBody() if self._deliver:
                self._body += frame.value
                self._finish()
            case _:
                await self._others.put(item)

    async def get(self) -> Frame:
        """Hand the channel a frame that is no delivery."""
        return await self._others.get()

    def task_done(self) -> None:
        """Count a frame that the channel has dealt with."""
        self._others.task_done()

    def _finish(self) -> None:
        deliver, header = self._deliver, self._header
        if deliver is None or header is None or len(self._body) < (header.body_size or 0):
            return
        message = DeliveredMessage(delivery=deliver, header=header, body=bytes(self._body), channel=self._channel)
        self._deliver = self._header = None
        self._body.clear()
        self._receive(message)
