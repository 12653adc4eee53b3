"""Publishing that knows what was sent: only the broker's explicit Ack counts, all else is unknown or refused.

A publish that was not confirmed is sent again with the same id, until it is confirmed or the worker ends; whoever hears
it twice has a receipt for it. A message that reaches no queue is reported to the caller, who decides.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

from aiormq import Channel
from aiormq.exceptions import AMQPError, PublishError
from pamqp.commands import Basic
from structlog.stdlib import get_logger

from messages.post.envelope import Envelope
from workers.runtime import salvo
from workers.runtime.broker import Link, bounded, was_cancelled
from workers.runtime.parcel import Parcel, event
from workers.runtime.refusals import HOPELESS, Refused, is_nack, unroutable
from workers.runtime.window import Window

log = get_logger(__name__)

CONFIRM_TIMEOUT = 15.0


class Publisher:
    """Publishes over a connection of its own: an alarm that blocks publishers must not block acks.

    ``heard`` names the message types that somebody listens to; at most ``window`` publishes are unconfirmed at once.
    """

    def __init__(self, link: Link, *, heard: frozenset[str], window: int) -> None:
        self._link = link
        self._heard = heard
        self._window = Window(window)
        self._channel: Channel | None = None
        self._opening = asyncio.Lock()
        self._side: Channel | None = None
        self._aside = asyncio.Lock()
        self._flying: dict[str, asyncio.Event] = {}

    def event(self, envelope: Envelope) -> Parcel:
        """Address an envelope to its one queue if it names one, else to everyone who listens to its type."""
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
        unknown: dict[int, object] = {}
        for wave in _waves(parcels, pending, self._window.size):
            for i, outcome in zip(wave, await self._fly([parcels[i] for i in wave]), strict=True):
                match outcome:
                    case Basic.Ack():
                        pass
                    case PublishError():
                        results[i] = unroutable(parcels[i])
                    case _:
                        unknown[i] = outcome
        if unknown:
            log.warning("publishes unconfirmed", count=len(unknown), error=repr(next(iter(unknown.values()))))
        return [i for i, outcome in unknown.items() if not await self._is_settled_apart(i, outcome, parcels, results)]

    async def _fly(self, parcels: Sequence[Parcel]) -> Sequence[object]:
        """Publish over the channel that all share, while nobody else publishes anything with one of these ids."""
        async with self._window.entered(len(parcels)), self._alone(parcels):
            channel = await self._open_channel()
            try:
                return await self._send(channel, parcels)
            except asyncio.CancelledError:
                if was_cancelled():
                    raise
                return [ConnectionError("the connection died under a publish")] * len(parcels)
            except Exception as error:  # noqa: BLE001 - it is the outcome of every one of them
                return [error] * len(parcels)

    async def _send(self, channel: Channel, parcels: Sequence[Parcel]) -> Sequence[object]:
        try:
            outcomes = await salvo.publish(channel, parcels, CONFIRM_TIMEOUT)
        except TimeoutError:
            self._link.lose(channel)
            raise
        if any(isinstance(outcome, TimeoutError) for outcome in outcomes):
            # A blocked or frozen broker keeps what it has not read; over a new connection nothing piles up behind it.
            self._link.lose(channel)
        elif any(is_nack(outcome) for outcome in outcomes):
            await self._leave(channel)
        return outcomes

    async def _leave(self, channel: Channel) -> None:
        """Publish over another channel from now on.

        One that began to publish to a queue while its leader's node died may refuse everything until that node is back.
        What others have in flight over it is unknown then, and sent again.
        """
        if channel is self._side:
            self._side = None
        elif channel is self._channel:
            self._channel = None
        if not channel.is_closed:
            with suppress(AMQPError, OSError, TimeoutError):
                await bounded(channel.close())

    async def _is_settled_apart(
        self, i: int, outcome: object, parcels: Sequence[Parcel], results: list[Refused | None]
    ) -> bool:
        """Find out whether a parcel itself is what broke the channel: return False while it is still unknown."""
        if not isinstance(outcome, HOPELESS):
            return False
        match await self._apart(parcels[i]):
            case Basic.Ack():
                return True
            case PublishError():
                results[i] = unroutable(parcels[i])
                return True
            case error if isinstance(error, HOPELESS):
                results[i] = Refused(f"the broker refuses it: {error}")
                return True
            case _:
                return False

    async def _apart(self, parcel: Parcel) -> object:
        """Publish over a side channel, alone: nobody else loses it if this breaks it, and it is kept otherwise."""
        async with self._alone([parcel]), self._aside:
            try:
                if self._side is None or self._side.is_closed:
                    self._side = await self._link.channel(confirms=True)
                [outcome] = await self._send(self._side, [parcel])
            except asyncio.CancelledError:
                if was_cancelled():
                    raise
                return None
            except Exception as error:  # noqa: BLE001 - the caller looks at what it is
                return error
            return outcome

    @asynccontextmanager
    async def _alone(self, parcels: Sequence[Parcel]) -> AsyncIterator[None]:
        """Let one publish of an id fly at a time: aiormq tells returned messages apart by their id only."""
        ids = {parcel.message_id for parcel in parcels}
        while flying := next(iter(ids & self._flying.keys()), None):
            await self._flying[flying].wait()
        landed = asyncio.Event()
        self._flying |= dict.fromkeys(ids, landed)
        try:
            yield
        finally:
            for id_ in ids:
                del self._flying[id_]
            landed.set()

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


def _waves(parcels: Sequence[Parcel], pending: Sequence[int], size: int) -> Iterator[list[int]]:
    """Part what is pending into sets of at most ``size`` in which no id comes twice."""
    wave: dict[str, int] = {}
    for i in pending:
        if len(wave) == size or parcels[i].message_id in wave:
            yield list(wave.values())
            wave = {}
        wave[parcels[i].message_id] = i
    if wave:
        yield list(wave.values())
