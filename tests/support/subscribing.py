"""Somebody of no room, who subscribes to the events of the fleet and keeps all that is said."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import msgspec
from aio_pika.abc import AbstractIncomingMessage

from messages.post.topology import EVENTS
from tests.support.waiting import eventually


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One message, and who said it about what."""

    type: str
    said_by: str
    subject: str
    body: dict[str, Any]


class Subscriber:
    """Everything that was said since it began to listen."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, amqp_url: str, *, to: str = "#") -> AsyncIterator["Subscriber"]:
        """Bind a queue of its own to the events exchange."""
        subscriber = cls()
        async with await aio_pika.connect(amqp_url, timeout=10) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(exclusive=True)
            await queue.bind(EVENTS, to)
            await queue.consume(subscriber._hear, no_ack=True)
            yield subscriber

    async def hears(self, type_: str, about: str = "", **body: Any) -> Heard:
        """Wait for a message of a type, about a subject, with these fields in its body."""

        def fits(heard: Heard) -> bool:
            return (
                heard.type == type_
                and about in {"", heard.subject}
                and all(heard.body.get(name) == value for name, value in body.items())
            )

        def look() -> list[Heard]:
            return [heard for heard in self.heard if fits(heard)]

        return (await eventually(look, what=f"{type_} about {about or 'anything'} {body or ''}"))[0]

    def of(self, type_: str, about: str) -> list[Heard]:
        """Return what was heard of one type about one subject, until now."""
        return [heard for heard in self.heard if (heard.type, heard.subject) == (type_, about)]

    async def _hear(self, message: AbstractIncomingMessage) -> None:
        self.heard.append(
            Heard(
                type=message.type or "",
                said_by=message.app_id or "",
                subject=message.correlation_id or "",
                body=json.loads(message.body),
            )
        )
