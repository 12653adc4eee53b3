"""What has arrived on one channel and is not yet settled: taken in sets, acknowledged in sets.

It belongs to its channel. When the channel is lost, so is everything in here: the broker will deliver it again, and a
stale delivery must neither be handled nor acknowledged.

It begins with one message at a time, and asks for more when that is no suspect. Every return is counted for all that a
killed worker held; so what kills its worker is held alone, or its neighbours would be given up together with it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import AMQPError

from workers.runtime.arrivals import Arrivals
from workers.runtime.broker import CALL_TIMEOUT, bounded
from workers.runtime.delivery import Delivery
from workers.runtime.unsettled import Unsettled
from workers.runtime.verdict import SUSPECT_RETURNS

QUIET_SECONDS = 0.1
SILENT_SECONDS = 30.0
STIR_SECONDS = 2.0


class Intake:
    """Consumes ``queue`` over ``channel`` with at most ``prefetch`` messages unsettled.

    No set that is taken has two deliveries about one subject. With ``only_moves`` nobody looks into deliveries: a set
    may hold any of them, and none is suspected of killing its worker.
    """

    def __init__(self, channel: Channel, queue: str, prefetch: int, *, only_moves: bool = False) -> None:
        self._channel = channel
        self._queue = queue
        self._prefetch = prefetch
        self._only_moves = only_moves
        self._waiting: OrderedDict[int, Delivery] = OrderedDict()
        self._unsettled = Unsettled()
        self._changed = asyncio.Event()
        self._tag = ""
        self._quiet = False
        self._closing = False
        self._is_careful = not only_moves
        self._consuming = asyncio.Lock()
        channel.closing.add_done_callback(lambda _: self._changed.set())
        channel.on_consumer_cancel_callbacks.add(lambda _: self._lose())
        self._cancelled_by_broker = False

    @property
    def lost(self) -> bool:
        """Whether the broker took the channel or the consumer away."""
        return self._channel.is_closed or self._cancelled_by_broker

    async def start(self) -> None:
        """Begin to receive."""
        Arrivals.at(self._channel, self._receive)
        await self._consume(1 if self._is_careful else self._prefetch)

    async def stop_receiving(self) -> None:
        """Ask the broker for nothing more; what has arrived stays to be handled.

        An acknowledgement lets the broker assign more, and what it has assigned but not yet sent when the cancel comes
        counts as redelivered though nobody ever saw it. So for a moment nothing is acknowledged.
        """
        self._quiet = True
        try:
            if not self._closing and not self.lost:
                await asyncio.sleep(QUIET_SECONDS)
                async with self._consuming:
                    await bounded(self._channel.basic_cancel(self._tag))
        finally:
            self._quiet = False
            await self._acknowledge()
            self._closing = True
            self._changed.set()

    def holds(self, delivery: Delivery) -> bool:
        """Tell whether a delivery still wants settling here."""
        return self._unsettled.holds(delivery.tag)

    async def take(self, limit: int) -> list[Delivery]:
        """Wait until something is there, and take it.

        Returns nothing when the channel is lost, or when receiving has stopped and all is taken.
        """
        while not self._waiting and not self.lost and not self._closing:
            self._changed.clear()
            await self._hear()
        if self._is_careful and any(delivery.returns < SUSPECT_RETURNS for delivery in self._waiting.values()):
            await self._widen()
        if self.lost:
            return []
        taken: dict[str | int | None, Delivery] = {}
        for delivery in self._waiting.values():
            if len(taken) == limit:
                break
            taken.setdefault(delivery.tag if self._only_moves else delivery.subject, delivery)
        for delivery in taken.values():
            del self._waiting[delivery.tag]
        return list(taken.values())

    async def _hear(self) -> None:
        """Wait for something to change; after a long silence see whether anything still can.

        Not every broker tells every consumer that its queue was deleted, and who goes on to consume what is no more
        never hears of the queue that was declared in its place: that one has no consumer, or too few.
        """
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            await self._look()

    async def _look(self) -> None:
        async with self._consuming:
            if self._quiet or self._closing or self.lost:
                return
            try:
                queue = await bounded(self._channel.queue_declare(self._queue, passive=True))
            except (AMQPError, OSError, TimeoutError):
                self._lose()
            else:
                if not queue.consumer_count or (queue.message_count and await self._hears_nothing()):
                    self._lose()

    async def _hears_nothing(self) -> bool:
        """Tell whether messages wait that could come here and do not."""
        try:
            async with asyncio.timeout(STIR_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return len(self._unsettled) < self._prefetch
        return False

    async def _widen(self) -> None:
        """Receive as many as may be held."""
        async with self._consuming:
            if self._quiet or self._closing or self.lost:
                return
            self._is_careful = False
            try:
                await bounded(self._channel.basic_cancel(self._tag))
                await self._consume(self._prefetch)
            except (AMQPError, OSError, TimeoutError):
                self._lose()

    async def _consume(self, prefetch: int) -> None:
        await bounded(self._channel.basic_qos(prefetch_count=prefetch))
        ok = await bounded(self._channel.basic_consume(self._queue, _never))
        self._tag = str(ok.consumer_tag)

    async def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge deliveries, each once, now or when the channel may acknowledge again."""
        self._unsettled.settle(delivery.tag for delivery in deliveries)
        if not self._quiet:
            await self._acknowledge()

    async def _acknowledge(self) -> None:
        """Tell the broker what is settled: in one frame up to the first that is not, one by one what overtook it."""
        if self.lost:
            return
        try:
            async with asyncio.timeout(CALL_TIMEOUT):  # a connection that breaks now may leave us waiting to write
                if prefix := self._unsettled.pop_prefix():
                    await self._channel.basic_ack(prefix, multiple=True, wait=False)
                for tag in self._unsettled.pop_overtakers():
                    await self._channel.basic_ack(tag, wait=False)
        except TimeoutError:
            self._lose()

    async def close(self) -> None:
        """Close the channel; what is unsettled goes back to the queue."""
        if not self._channel.is_closed:
            await bounded(self._channel.close())

    def _receive(self, delivery: Delivery) -> None:
        self._unsettled.add(delivery.tag)
        self._waiting[delivery.tag] = delivery
        self._changed.set()

    def _lose(self) -> None:
        self._cancelled_by_broker = True
        self._changed.set()


async def _never(_: DeliveredMessage) -> None:
    """Stand in for the callback that aiormq wants: deliveries do not come that far."""
