"""Many callers, one trip: calls that come while a trip is under way travel together on the next one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

Flush = Callable[[list[A]], Awaitable[Sequence[B | Exception]]]


class FlushInterrupted(Exception):  # noqa: N818 - nothing failed, it is only not known
    """The trip was cut short: whether this item took effect is not known."""


class Coalescer(Generic[A, B]):
    """Hands concurrent calls to one ``flush`` in sets, and gives each caller its own answer.

    Nobody waits for company: an idle coalescer leaves at once with what it has, and whatever comes meanwhile goes
    together, in order of arrival, at most ``limit`` at a time. ``flush`` answers each item in its place, with a result
    or with the exception that is this item's own; an exception that it raises is everyone's on that trip. At most
    ``concurrency`` trips are under way at once. A caller who is cancelled before the trip leaves stays at home; later,
    its item travels on and hurts nobody.
    """

    def __init__(self, flush: Flush[A, B], *, limit: int = 500, concurrency: int = 1) -> None:
        if limit < 1 or concurrency < 1:
            raise ValueError(f"limit and concurrency must be at least 1, not {limit} and {concurrency}")
        self._flush = flush
        self._limit = limit
        self._concurrency = concurrency
        self._waiting: deque[tuple[A, asyncio.Future[B]]] = deque()
        self._runners: set[asyncio.Task[None]] = set()

    async def __call__(self, item: A) -> B:
        """Return what ``flush`` answers for ``item``.

        Raises:
            FlushInterrupted: when the trip was cancelled under way.
        """
        answer: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if len(self._runners) < self._concurrency:
            self._start()
        return await answer

    async def drain(self) -> None:
        """Wait until nothing waits and nothing is under way."""
        while self._runners:
            await asyncio.wait(self._runners)

    def _start(self) -> None:
        # An empty context: a runner outlives the call that started it, and must not log in its name.
        runner = asyncio.create_task(self._run(), name="coalescer", context=Context())
        self._runners.add(runner)
        runner.add_done_callback(self._stopped)

    def _stopped(self, runner: asyncio.Task[None]) -> None:
        self._runners.discard(runner)
        if any(not answer.done() for _, answer in self._waiting):
            self._start()

    async def _run(self) -> None:
        while passengers := self._board():
            try:
                answers = await self._flush([item for item, _ in passengers])
                _deliver(passengers, answers)
            except Exception as error:  # noqa: BLE001 - it is not swallowed: every caller gets it
                _fail(passengers, error)
            except BaseException:
                _fail(passengers, FlushInterrupted("the flush was cancelled under way"))
                raise

    def _board(self) -> list[tuple[A, asyncio.Future[B]]]:
        passengers: list[tuple[A, asyncio.Future[B]]] = []
        while self._waiting and len(passengers) < self._limit:
            item, answer = self._waiting.popleft()
            if not answer.done():
                passengers.append((item, answer))
        return passengers


def _deliver(passengers: list[tuple[A, asyncio.Future[B]]], answers: Sequence[B | Exception]) -> None:
    if len(answers) != len(passengers):
        raise RuntimeError(f"flush answered {len(answers)} of {len(passengers)} items")
    for (_, future), answer in zip(passengers, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _fail(passengers: list[tuple[A, asyncio.Future[B]]], error: Exception) -> None:
    for _, future in passengers:
        if not future.done():
            future.set_exception(error)
