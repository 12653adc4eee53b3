"""Publishing that knows what was sent: only the broker's explicit Ack counts, all else is unknown or refused.

A publish that was not confirmed is sent again with the same id, until it is confirmed or the worker ends; whoever hears
it twice has a receipt for it. A message that reaches no queue is reported to the caller, who decides.
"""

import asyncio
from collections.abc import Iterator, Sequence

from aiormq import Channel
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    PublishError,
)
from pamqp.commands import Basic
from structlog.stdlib import get_logger

from messages.post.envelope import Envelope
from workers.runtime.broker import Link, bounded, was_cancelled
from workers.runtime.parcel import Parcel, event

log = get_logger(__name__)

CONFIRM_TIMEOUT = 15.0  # less than a relay's lease


class Refused(Exception):  # noqa: N818 - what the broker said, not what went wrong here
    """The broker will not take the message, however often it is asked."""


class Unroutable(Refused):
    """No queue is bound to take the message."""


HOPELESS = (ChannelAccessRefused, ChannelNotFoundEntity, ChannelPreconditionFailed, ValueError)
"""What a broken channel may say of one message on it: to be believed when that message was alone."""


class Publisher:
    """Publishes over a connection of its own: an alarm that blocks publishers must not block acks.

    ``heard`` names the message types that somebody listens to; at most ``window`` publishes are unconfirmed at once.
    """

    def __init__(self, link: Link, *, heard: frozenset[str], window: int) -> None:
        self._link = link
        self._heard = heard
        self._window = asyncio.Semaphore(window)
        self._channel: Channel | None = None
        self._opening = asyncio.Lock()
        self._flying: dict[str, asyncio.Event] = {}

    def event(self, envelope: Envelope) -> Parcel:
        """Address an envelope to everyone who listens to its type."""
        return event(envelope, mandatory=envelope.type in self._heard)

    async def run(self) -> None:
        """Keep a channel open, so that its loss is noticed, and mended, before a message needs it."""
        while True:
            channel = await self._open_channel()
            await asyncio.wait([channel.closing])

    async def publish(self, parcels: Sequence[Parcel]) -> list[Refused | None]:
        """Publish, and return for each parcel None once it is confirmed, or why it never will be."""
        results: list[Refused | None] = [None] * len(parcels)
        pending = list(range(len(parcels)))
        for delay in _backoff():
            pending = await self._round(parcels, pending, results)
            if not pending:
                return results
            await asyncio.sleep(delay)
        raise AssertionError("the backoff never ends")

    async def _round(self, parcels: Sequence[Parcel], pending: list[int], results: list[Refused | None]) -> list[int]:
        """Publish what is pending once, and return what is unknown afterwards."""
        outcomes = await asyncio.gather(*(self._once(parcels[i]) for i in pending), return_exceptions=True)
        unknown: dict[int, object] = {}
        for i, outcome in zip(pending, outcomes, strict=True):
            match outcome:
                case Basic.Ack():
                    pass
                case PublishError():
                    results[i] = Unroutable(f"no queue takes {parcels[i].key!r} from {parcels[i].exchange}")
                case _:
                    unknown[i] = outcome
        if unknown:
            log.warning("publishes unconfirmed", count=len(unknown), error=repr(next(iter(unknown.values()))))
        return [i for i, outcome in unknown.items() if not await self._is_settled_apart(i, outcome, parcels, results)]

    async def _is_settled_apart(
        self, i: int, outcome: object, parcels: Sequence[Parcel], results: list[Refused | None]
    ) -> bool:
        """Find out whether a parcel itself is what broke the channel: return False while it is still unknown."""
        if not isinstance(outcome, HOPELESS):
            return False
        try:
            await self._apart(parcels[i])
        except PublishError:
            results[i] = Unroutable(f"no queue takes {parcels[i].key!r} from {parcels[i].exchange}")
        except HOPELESS as error:
            results[i] = Refused(f"the broker refuses it: {error}")
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and was_cancelled():
                raise
            return False
        return True

    async def _apart(self, parcel: Parcel) -> object:
        """Publish over a channel of its own, which nobody else loses if this breaks it."""
        await self._alone(parcel.message_id)
        try:
            channel = await self._link.channel(confirms=True)
            outcome = await self._send(channel, parcel)
            await bounded(channel.close())
            return outcome
        finally:
            self._flying.pop(parcel.message_id).set()

    async def _once(self, parcel: Parcel) -> object:
        async with self._window:
            await self._alone(parcel.message_id)
            try:
                return await self._send(await self._open_channel(), parcel)
            finally:
                self._flying.pop(parcel.message_id).set()

    async def _alone(self, message_id: str) -> None:
        """Let one publish of an id fly at a time: aiormq tells returned messages apart by their id only."""
        while flying := self._flying.get(message_id):
            await flying.wait()
        self._flying[message_id] = asyncio.Event()

    async def _send(self, channel: Channel, parcel: Parcel) -> object:
        try:
            return await channel.basic_publish(
                parcel.body,
                exchange=parcel.exchange,
                routing_key=parcel.key,
                properties=parcel.properties,
                mandatory=parcel.mandatory,
                timeout=CONFIRM_TIMEOUT,
                wait=False,
            )
        except TimeoutError:
            # A blocked or frozen broker keeps what it has not read; over a new connection nothing piles up behind it.
            self._link.lose(channel)
            raise

    async def _open_channel(self) -> Channel:
        if self._channel is None or self._channel.is_closed:
            async with self._opening:
                if self._channel is None or self._channel.is_closed:
                    self._channel = await self._link.channel(confirms=True)
        return self._channel


def _backoff() -> Iterator[float]:
    yield from (0.1, 0.2, 0.4, 0.8, 1.6)
    while True:
        yield 3.0
