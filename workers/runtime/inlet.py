"""The reading end of a connection: takes deliveries off the wire as they come, and leaves all else to aiormq.

aiormq, which reads one frame after the other in three steps each, sees what is no delivery, and a heartbeat now and
then in place of those: it gives up a connection on which it hears nothing.
"""

import asyncio
import time
from collections.abc import Callable
from struct import Struct
from typing import ClassVar
from weakref import WeakKeyDictionary

from aiormq.abc import AbstractConnection

Taker = Callable[[int, bytes, int, int], bool]
"""Takes a frame: its kind, and the part of the bytes that is its payload. Returns False to leave it to the driver."""

_HEAD = Struct(">BHI")
_END = 0xCE
_GREETING = b"AMQP"
_HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"
_HEARTBEAT_SECONDS = 1.0
_CHUNK = 1 << 17


class Inlet:
    """Stands where aiormq expects the reader of its connection."""

    _all: ClassVar[WeakKeyDictionary[AbstractConnection, "Inlet"]] = WeakKeyDictionary()

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._takers: dict[int, Taker] = {}
        self._data = b""
        self._at = 0
        self._frame = b""
        self._took = False
        self._heard_at = time.monotonic()

    @classmethod
    def of(cls, connection: AbstractConnection) -> "Inlet":
        """Return the inlet of a connection."""
        return cls._all[connection]

    def belong_to(self, connection: AbstractConnection) -> None:
        """Be found by ``connection`` from now on."""
        self._all[connection] = self

    def take(self, channel: int, taker: Taker) -> None:
        """Offer ``taker`` every frame of a channel."""
        self._takers[channel] = taker

    def leave(self, channel: int, taker: Taker) -> None:
        """Leave a channel's frames to aiormq again, unless somebody else is offered them by now."""
        if self._takers.get(channel) == taker:
            del self._takers[channel]

    def at_eof(self) -> bool:
        """Tell whether nothing is left and nothing comes."""
        return not self._frame and self._at == len(self._data) and self._reader.at_eof()

    async def readexactly(self, n: int) -> bytes:
        """Return the next ``n`` bytes of what is no delivery; none of these reads goes beyond a frame."""
        if not self._frame:
            await self._advance()
        part, self._frame = self._frame[:n], self._frame[n:]
        if len(part) < n:
            raise asyncio.IncompleteReadError(part, n)
        return part

    async def read(self, _: int = -1) -> bytes:
        """Return what is left of a frame that cannot be understood."""
        rest, self._frame = self._frame, b""
        return rest

    async def _advance(self) -> None:
        while not (frame := self._sort()):
            chunk = await self._reader.read(_CHUNK)
            if not chunk:
                raise asyncio.IncompleteReadError(self._data[self._at :], None)
            self._data, self._at = self._data[self._at :] + chunk, 0
        self._frame, self._took, self._heard_at = frame, False, time.monotonic()

    def _sort(self) -> bytes:
        """Hand out whole frames until there is one for aiormq, and return that."""
        data, at = self._data, self._at
        while len(data) - at >= _HEAD.size:
            kind, channel, size = _HEAD.unpack_from(data, at)
            start, end = at + _HEAD.size, at + _HEAD.size + size
            if data.startswith(_GREETING, at):
                end = len(data) - 1
            if end >= len(data):
                break
            taker = self._takers.get(channel)
            if taker is None or data[end] != _END or not taker(kind, data, start, end):
                self._at = end + 1
                return data[at : end + 1]
            self._took, at = True, end + 1
        self._at = at
        is_due = self._took and time.monotonic() - self._heard_at > _HEARTBEAT_SECONDS
        return _HEARTBEAT if is_due else b""
