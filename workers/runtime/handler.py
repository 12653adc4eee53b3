"""A room's handlers and timers as values: what the consumer needs to know of a decorated function."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Message
from messages.post.envelope import Envelope
from messages.post.topology import LADDER, Rung
from messages.post.wire import Undecodable
from workers.runtime.batch import Outcome, Outside
from workers.runtime.settings import Settings


@cache
def _decoder(message: type[Message]) -> msgspec.json.Decoder[Message]:
    return msgspec.json.Decoder(message)


Transactional = Callable[[Any, AsyncConnection, Settings], Awaitable[Any]]
Call = Callable[[Any, Any], Awaitable[Outcome]]
Resignation = Callable[[Any], Outcome]


async def _no_call(*_: object) -> Outcome:
    raise NotImplementedError("errands were prepared that no call carries out")


async def _no_settlement(*_: object) -> Sequence[Message]:
    raise NotImplementedError("a call was made that nothing settles")


@dataclass(slots=True)
class Steps:
    """The way to the outside and back: ``call`` without a transaction, ``settle`` in one.

    ``resign`` makes an outcome of an errand that kept failing, so that its end is a business answer, not a dead letter.
    """

    call: Call = _no_call
    outside: type[Outside] = Outside
    settle: Transactional = _no_settlement
    announces: frozenset[type[Message]] = frozenset()
    resign: Resignation | None = None

    def require_complete(self, name: str) -> None:
        """Refuse to start a worker whose errands would end nowhere."""
        if self.call is _no_call or self.settle is _no_settlement:
            raise TypeError(f"{name} prepares errands, but has no call or nothing that settles it")


@dataclass(frozen=True, slots=True)
class Handler:
    """One queue's consumer: ``work`` handles sets of ``message``.

    With ``steps`` the work only prepares errands, and the steps carry them out and settle them.
    """

    queue: str
    message: type[Message]
    announces: frozenset[type[Message]]
    work: Transactional
    single: bool = False
    steps: Steps | None = None
    ladder: tuple[Rung, ...] = LADDER

    def decode(self, envelope: Envelope) -> Message:
        """Read the body of ``envelope``; raises Undecodable when it is not a ``message``."""
        try:
            return _decoder(self.message).decode(envelope.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Undecodable(f"the body is no {self.message.type()}: {error}") from None

    @property
    def may_announce(self) -> frozenset[type[Message]]:
        """Every type of message that this handler may say."""
        return self.announces | (self.steps.announces if self.steps else frozenset())


Tick = Callable[[AsyncConnection, int, Settings], Awaitable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Timer:
    """Work that is due by the clock: every ``seconds``, and again at once while there is a full bite of it.

    What a timer announces goes to the outbox in its own transaction; what it prepares is called and settled.
    """

    name: str
    seconds: float
    work: Tick
    announces: frozenset[type[Message]] = field(default=frozenset())
    steps: Steps | None = None
