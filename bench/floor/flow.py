"""The way through the broker: sets taken from every queue, written in one transaction, answered and acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import msgspec
from pamqp.commands import Basic
from psycopg import AsyncConnection

from bench.floor import rows
from bench.queues import FORWARD, LISTENERS
from messages import Message
from messages.post.envelope import enclose
from workers.runtime import parcel, salvo
from workers.runtime.arrivals import Arrivals
from workers.runtime.broker import Link
from workers.runtime.delivery import Delivery

SET = 500
PREFETCH = 2000
_CONFIRM_SECONDS = 30

Ids = Sequence[UUID]
Write = Callable[[AsyncConnection, Sequence[Any], Ids], Awaitable[Sequence[Message] | None]]

_MESSAGES = {said.__name__: said for said in LISTENERS}


async def _confirm_order(tx: AsyncConnection, said: Sequence[Any], ids: Ids) -> None:
    await rows.remember(tx, said)
    await rows.note(tx, said, ids)


def _to(status: str) -> Write:
    return lambda tx, said, ids: rows.forward(tx, said, ids, status)


WRITES: dict[str, Write] = {
    "Stock_OrderCreated": lambda tx, said, _: rows.reserve(tx, said),
    "Notification_OrderCreated": _confirm_order,
    "Payment_StockReserved": rows.pay,
    "Order_StockReserved": _to("RESERVED"),
    "Order_PaymentCompleted": _to("COMPLETED"),
    "Stock_PaymentCompleted": lambda tx, said, _: rows.take_out(tx, said),
    "Shipping_PaymentCompleted": rows.ship,
    "Notification_PaymentCompleted": rows.note,
    "Order_OrderShipped": _to("IN_TRANSIT"),
    "Notification_OrderShipped": rows.note,
}


class Flow:
    """All queues of the way, worked by one process; ``handled`` counts messages by queue."""

    def __init__(self, amqp_url: str, database_url: str) -> None:
        self._database_url = database_url
        self._link = Link((amqp_url,), name="floor", heartbeat=60)
        self._publishing = Link((amqp_url,), name="floor publish", heartbeat=60)
        self._turns = {queue.partition("_")[0]: asyncio.Lock() for queue in FORWARD}  # a room's rows: one writer each
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()
        self.handled = dict.fromkeys(FORWARD, 0)
        self.accepted = 0

    async def open(self) -> None:
        """Begin to take messages."""
        self._stack.push_async_callback(self._link.close)
        self._stack.push_async_callback(self._publishing.close)
        self._out = await self._publishing.channel(confirms=True)
        self._door = await self._stack.enter_async_context(await AsyncConnection.connect(self._database_url))
        for queue in FORWARD:
            database = await self._stack.enter_async_context(await AsyncConnection.connect(self._database_url))
            self._tasks.append(asyncio.create_task(self._work(queue, database)))

    async def close(self) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def require(self) -> None:
        """Raise what a queue's work ended with, if any did."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def accept(self, orders: Sequence[Any]) -> None:
        """Take new orders."""
        async with self._door.transaction():
            await rows.accept(self._door, orders)
        self.accepted += len(orders)
        await self._say(orders, "gateway")

    @property
    def left(self) -> int:
        """Messages that are still to be handled until every order is at its end."""
        return len(FORWARD) * self.accepted - sum(self.handled.values())

    @property
    def under_way(self) -> int:
        """Orders that have not left yet."""
        return self.accepted - self.handled["Order_OrderShipped"]

    async def _work(self, queue: str, database: AsyncConnection) -> None:
        arrived: asyncio.Queue[Delivery] = asyncio.Queue()
        channel = await self._link.channel()
        Arrivals.at(channel, arrived.put_nowait)
        await channel.basic_qos(prefetch_count=PREFETCH)
        await channel.basic_consume(queue, lambda _: None)  # type: ignore[arg-type,return-value]  # nothing gets there
        room, _, name = queue.partition("_")
        decoder = msgspec.json.Decoder(_MESSAGES[name])
        while True:
            taken = [await arrived.get()]
            while len(taken) < SET and not arrived.empty():
                taken.append(arrived.get_nowait())
            said = [decoder.decode(message.body) for message in taken]
            ids = [UUID(message.properties.message_id) for message in taken]
            async with self._turns[room], database.transaction():
                replies = await WRITES[queue](database, said, ids)
            await self._say(replies or (), room.lower())
            await channel.basic_ack(taken[-1].tag, multiple=True)
            self.handled[queue] += len(taken)

    async def _say(self, messages: Sequence[Message], who: str) -> None:
        if messages:
            parcels = [parcel.event(enclose(message, said_by=who), mandatory=True) for message in messages]
            outcomes = await salvo.publish(self._out, parcels, _CONFIRM_SECONDS)
            if not all(isinstance(outcome, Basic.Ack) for outcome in outcomes):
                raise RuntimeError("the broker did not confirm what the floor published")
