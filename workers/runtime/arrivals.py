"""A channel's deliveries, put together from their frames as these come, without a task for each."""

from collections.abc import Callable

from aiormq import Channel
from pamqp.commands import Basic

from workers.runtime import frames
from workers.runtime.delivery import Delivery
from workers.runtime.inlet import Inlet


class Arrivals:
    """Calls ``receive`` with every delivery on a channel, in their order; it must neither wait nor raise."""

    def __init__(self, receive: Callable[[Delivery], None]) -> None:
        self._receive = receive
        self._method: tuple[int, bool, str] | None = None
        self._properties = Basic.Properties()
        self._size = 0
        self._body = bytearray()

    @classmethod
    def at(cls, channel: Channel, receive: Callable[[Delivery], None]) -> None:
        """Receive what arrives on ``channel`` from now on, and until it closes."""
        number, inlet, taker = channel.number, Inlet.of(channel.connection), cls(receive).take
        inlet.take(number, taker)
        channel.closing.add_done_callback(lambda _: inlet.leave(number, taker))

    def take(self, kind: int, data: bytes, start: int, end: int) -> bool:
        """Take a frame of the channel; one that belongs to no delivery is refused."""
        if kind == frames.METHOD:
            if not data.startswith(frames.DELIVER, start):
                return False
            self._method = frames.delivered(data, start + len(frames.DELIVER))
            return True
        if self._method is None:
            return False
        if kind == frames.HEADER:
            self._size, self._properties = frames.header(data, start, end)
        else:
            self._body += data[start:end]
        if kind == frames.BODY or not self._size:
            self._finish(self._method)
        return True

    def _finish(self, method: tuple[int, bool, str]) -> None:
        if len(self._body) < self._size:
            return
        tag, redelivered, key = method
        delivery = Delivery(tag, self._properties, bytes(self._body), redelivered, key)
        self._method = None
        self._body.clear()
        self._receive(delivery)
