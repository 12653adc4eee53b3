"""Looking at a broker from a test, and putting things into it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import quote, urlsplit

import aio_pika
import httpx
from aio_pika.abc import AbstractIncomingMessage
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from messages.post.envelope import Envelope
from messages.post.topology import EVENTS
from messages.post.wire import properties
from tests.support.waiting import eventually


class Broker:
    """One virtual host, through AMQP and through the management API."""

    def __init__(self, amqp_url: str, management_url: str) -> None:
        self.amqp_url = amqp_url
        self.management_url = management_url
        self.vhost = urlsplit(amqp_url).path.removeprefix("/")
        self._http = httpx.AsyncClient(base_url=management_url, timeout=20)

    @classmethod
    @asynccontextmanager
    async def open(cls, amqp_url: str, management_url: str) -> AsyncIterator[Self]:
        broker = cls(amqp_url, management_url)
        broker._connection = await aio_pika.connect(amqp_url, timeout=10)
        broker._channel = await broker._connection.channel(on_return_raises=True)
        try:
            yield broker
        finally:
            await broker._connection.close()
            await broker._http.aclose()

    async def send(self, *envelopes: Envelope, **headers: Any) -> None:
        """Publish events, in this order, and wait until all are confirmed."""
        await asyncio.gather(
            *(self.send_raw(bytes(x.body), properties(x, headers), exchange=EVENTS, key=x.type) for x in envelopes)
        )

    async def send_raw(self, body: bytes, props: Basic.Properties, *, exchange: str, key: str) -> None:
        channel = await self._channel.get_underlay_channel()
        await channel.basic_publish(body, exchange=exchange, routing_key=key, properties=props, mandatory=True)

    async def get(self, queue: str) -> AbstractIncomingMessage | None:
        """Take one message off a queue."""
        found: AbstractIncomingMessage | None = await (await self._channel.get_queue(queue, ensure=False)).get(
            no_ack=True, fail=False
        )
        return found

    async def take(self, queue: str, count: int = 1) -> list[AbstractIncomingMessage]:
        """Wait for ``count`` messages and take them off a queue."""
        taken: list[AbstractIncomingMessage] = []

        async def enough() -> bool:
            while len(taken) < count and (message := await self.get(queue)):
                taken.append(message)
            return len(taken) >= count

        await eventually(enough, what=f"{count} messages in {queue}")
        return taken

    async def refuse(self, queue: str, *, requeue: bool) -> None:
        """Wait for a message, and say no to it."""
        source = await self._channel.get_queue(queue, ensure=False)
        found = await eventually(lambda: source.get(no_ack=False, fail=False), what=f"a message in {queue}")
        await found.reject(requeue=requeue)

    async def depth(self, queue: str) -> int:
        """Return how many messages wait in a queue for delivery."""
        declared = await self._channel.declare_queue(queue, passive=True)
        return int(declared.declaration_result.message_count or 0)

    async def queue(self, name: str) -> dict[str, Any]:
        """Return what the management API says of a queue."""
        answer = await self._http.get(f"/api/queues/{quote(self.vhost, safe='')}/{name}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def look(self, queue: str) -> str | None:
        """Return the id of the first message, and leave it where it is: consume, and give the channel back."""
        seen: asyncio.Queue[str | None] = asyncio.Queue()

        async def note(message: DeliveredMessage) -> None:
            seen.put_nowait(message.header.properties.message_id)

        assert self._connection.transport is not None
        channel = await self._connection.transport.connection.channel()
        await channel.basic_qos(prefetch_count=100)
        await channel.basic_consume(queue, note)
        first = await asyncio.wait_for(seen.get(), timeout=10)
        await channel.close()
        return first

    async def delete_policies(self) -> None:
        """Delete every policy of the virtual host."""
        policies = f"/api/policies/{quote(self.vhost, safe='')}"
        for policy in (await self._http.get(policies)).json():
            (await self._http.delete(f"{policies}/{policy['name']}")).raise_for_status()

    async def bind(self, queue: str, exchange: str, key: str) -> None:
        await (await self._channel.get_queue(queue, ensure=False)).bind(exchange, key)

    async def unbind(self, queue: str, exchange: str, key: str) -> None:
        await (await self._channel.get_queue(queue, ensure=False)).unbind(exchange, key)

    async def delete_queue(self, queue: str) -> None:
        await self._channel.queue_delete(queue)

    async def connections(self) -> list[dict[str, Any]]:
        """Return the connections to this virtual host, as far as the management API has seen them yet."""
        answer = await self._http.get(f"/api/vhosts/{quote(self.vhost, safe='')}/connections")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    async def kill_connections(self, name: str) -> int:
        """Close every connection whose client-given name contains ``name``; return how many there were."""
        mine = [
            connection["name"]
            for connection in await self.connections()
            if name in connection.get("client_properties", {}).get("connection_name", "")
        ]
        for connection in mine:
            await self._http.delete(f"/api/connections/{quote(connection, safe='')}", headers={"X-Reason": "test"})
        return len(mine)

    _connection: aio_pika.abc.AbstractConnection
    _channel: Any
