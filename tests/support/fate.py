"""What may befall a worker while it handles messages: it is killed at a commit, or the outside's answer gets lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.envelope import Envelope
from workers.runtime.database import Database
from workers.runtime.handling import Results


class Killed(BaseException):
    """The worker is no more. No error that could be handled: nobody is there to do it."""


class AnswerLost(Exception):  # noqa: N818 - says what happened
    """The outside has done it, and its answer never came."""


@dataclass
class Fate:
    """The fate of one handling. With ``killed_at`` its worker dies at that transaction, after its commit or before."""

    killed_at: int | None = None
    commits: bool = False
    loses_answers: bool = False
    waits: bool = False
    """Whether the outside keeps the worker waiting for its answers, until ``answer`` is set."""
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Event = field(default_factory=asyncio.Event)

    def is_fatal(self) -> bool:
        """Count a transaction down."""
        if self.killed_at is None:
            return False
        self.killed_at -= 1
        return self.killed_at < 0


@dataclass
class Work:
    """A set whose worker waits for the outside."""

    queue: str
    envelopes: Sequence[Envelope]
    fate: Fate
    task: asyncio.Task[Results]


_FATE: ContextVar[Fate] = ContextVar("fate")


@contextmanager
def suffering(fate: Fate) -> Iterator[None]:
    """Let everything in the block, and every task that it starts, share ``fate``."""
    token = _FATE.set(fate)
    try:
        yield
    finally:
        _FATE.reset(token)


class FatefulDatabase(Database):
    """A database whose caller may die at a commit."""

    def __init__(self, database: Database) -> None:
        self._real = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        fate = _FATE.get(None)
        is_fatal = fate is not None and fate.is_fatal()
        async with self._real.transaction() as tx:
            yield tx
            if is_fatal and fate and not fate.commits:
                raise Killed
        if is_fatal:
            raise Killed

    async def probe(self) -> bool:
        return await self._real.probe()


class FatefulOutside:
    """The outside as its caller meets it: every call reaches the real one, not every answer its caller."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._real, name)

        async def meet(*args: Any, **kwargs: Any) -> Any:
            fate = _FATE.get(None) or Fate()
            try:
                answer = await call(*args, **kwargs)
            finally:
                if fate.waits:
                    fate.waiting.set()
                    await fate.answer.wait()
            if fate.loses_answers:
                raise AnswerLost
            return answer

        return meet
