"""A set of publishes in one write, and one outcome for each.

A publish of its own takes a frame, a future and a task's turn in the loop for every message: three times the time that
a set takes. This keeps the books of aiormq's channel, which is pinned, as its own ``basic_publish`` would: delivery
tags, and who waits for the confirmation of which. ``tests/integration/runtime/test_salvo.py`` fails when they change.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache

import pamqp.frame
from aiormq import Channel
from aiormq.abc import ChannelFrame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from workers.runtime.parcel import Parcel

LONGEST_KEY = 255

Outcome = Basic.Ack | BaseException
"""The broker's Ack, or why nobody knows, or knows better: returned, refused, the channel lost, no answer in time."""


class Salvo:
    """The publishes of one set, and what has become of them so far."""

    def __init__(self, channel: Channel, size: int) -> None:
        self.outcomes: list[Outcome | None] = [None] * size
        self._left = size
        self._done = channel.create_future()  # its channel rejects it when it closes

    def record(self, position: int, outcome: Outcome) -> None:
        """Note what became of one publish; the first word counts."""
        if self.outcomes[position] is None:
            self.outcomes[position] = outcome
            self._left -= 1
            if not self._left and not self._done.done():
                self._done.set_result(None)

    async def wait(self) -> None:
        """Wait until every outcome is known, or the channel is lost."""
        await asyncio.wait([self._done])

    def conclude(self) -> list[Outcome]:
        """Return every outcome; what is unknown by now stays so."""
        lost = None if not self._done.done() or self._done.cancelled() else self._done.exception()
        unknown = lost or TimeoutError("the broker did not confirm in time")
        return [unknown if outcome is None else outcome for outcome in self.outcomes]


class Slot:
    """Stands where the channel expects a future: takes the confirmation of one publish."""

    __slots__ = ("_channel", "_message_id", "_position", "_salvo")

    def __init__(self, salvo: Salvo, position: int, channel: Channel, message_id: str) -> None:
        self._salvo = salvo
        self._position = position
        self._channel = channel
        self._message_id = message_id

    def done(self) -> bool:
        """Whether the outcome is known."""
        return self._salvo.outcomes[self._position] is not None

    def cancelled(self) -> bool:
        """Nobody cancels a slot."""
        return False

    def set_result(self, frame: Basic.Ack) -> None:
        """Take the broker's confirmation."""
        self._record(frame)

    def set_exception(self, error: BaseException) -> None:
        """Take a refusal: the message came back, or the broker said no."""
        self._record(error)

    def _record(self, outcome: Outcome) -> None:
        self._channel.message_id_delivery_tag.pop(self._message_id, None)
        self._salvo.record(self._position, outcome)


async def publish(channel: Channel, parcels: Sequence[Parcel], seconds: float) -> list[Outcome]:
    """Publish parcels, no two with the same id, and return the outcome of each within about ``seconds``.

    Raises:
        ValueError: when one of them cannot be written; nothing was sent.
        AMQPError: when the channel is closed; nothing was sent.
        TimeoutError: when nothing could be written in time; what was sent is unknown.
    """
    payload = b"".join(_frames(channel, parcel) for parcel in parcels)
    async with asyncio.timeout(seconds):
        salvo = await _fire(channel, parcels, payload)
    try:
        async with asyncio.timeout(seconds):
            await salvo.wait()
    except TimeoutError:
        pass
    return salvo.conclude()


async def _fire(channel: Channel, parcels: Sequence[Parcel], payload: bytes) -> Salvo:
    async with channel.lock:
        # Nothing can come between the frames and the books: from here to the end nobody else has a turn.
        await channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))
        salvo = Salvo(channel, len(parcels))
        first = channel.delivery_tag + 1
        for position, parcel in enumerate(parcels):
            slot = Slot(salvo, position, channel, parcel.message_id)
            channel.confirmations[first + position] = slot  # type: ignore[assignment]  # as good as a future here
            channel.message_id_delivery_tag[parcel.message_id] = first + position
        channel.delivery_tag += len(parcels)
        return salvo


def _frames(channel: Channel, parcel: Parcel) -> bytes:
    address = _address(channel.number, parcel.exchange, parcel.key, parcel.mandatory)
    header = ContentHeader(properties=parcel.properties, body_size=len(parcel.body))
    size = channel.max_content_size
    parts = [ContentBody(parcel.body[start : start + size]) for start in range(0, len(parcel.body), size)]
    return b"".join((address, _frame(header, channel), *(_frame(part, channel) for part in parts)))


def _frame(part: ContentHeader | ContentBody, channel: Channel) -> bytes:
    return bytes(pamqp.frame.marshal(part, channel.number))


@lru_cache(maxsize=1024)
def _address(number: int, exchange: str, key: str, mandatory: bool) -> bytes:  # noqa: FBT001 - part of the cache's key
    if len(key.encode()) > LONGEST_KEY:
        raise ValueError(f"a routing key of {len(key)} characters is too long")
    frame = Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory)
    return bytes(pamqp.frame.marshal(frame, number))
