"""One delivery: what the broker handed over, and the message inside it."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from pamqp.commands import Basic

from messages import Message
from messages.post import wire
from messages.post.envelope import Envelope
from workers.runtime.handler import Handler


class Delivery(msgspec.Struct, frozen=True, eq=False):
    """A message as it came over a channel, not yet looked into; ``key`` is what it was routed by."""

    tag: int
    properties: Basic.Properties
    body: bytes
    redelivered: bool = False
    key: str = ""

    @property
    def headers(self) -> dict[str, Any]:
        """The headers, the broker's own among them."""
        return self.properties.headers or {}

    @property
    def returns(self) -> int:
        """How often the broker has had it back without an answer."""
        count = self.headers.get("x-delivery-count", 0)
        return count if isinstance(count, int) else 0

    @property
    def attempt(self) -> int:
        """Which attempt this is, counted from 1."""
        attempt = self.headers.get("attempt", 1)
        return attempt if isinstance(attempt, int) and attempt > 0 else 1

    @property
    def came_before(self) -> bool:
        """Whether it may have been handled already."""
        return self.returns > 0 or self.attempt > 1 or self.redelivered

    @property
    def subject(self) -> str | None:
        """What it claims to be about."""
        return self.properties.correlation_id


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """A delivery that could be read."""

    delivery: Delivery
    envelope: Envelope
    message: Message = field(repr=False)


def read(delivery: Delivery, handler: Handler) -> Letter:
    """Read a delivery as the message that ``handler`` takes.

    Raises:
        Undecodable: when the properties or the body are not what they must be; says what, never quotes the body.
    """
    envelope = wire.envelope(delivery.properties, delivery.body)
    message = handler.decode(envelope)
    if message.subject != envelope.subject:
        raise wire.Undecodable(f"the correlation_id is {envelope.subject}, but the message is about {message.subject}")
    return Letter(delivery, envelope, message)
