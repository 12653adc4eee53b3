import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from workers.runtime.coalesce import Coalescer, FlushInterrupted


class Trips:
    """A flush that doubles numbers, remembers its trips, and can be held up."""

    def __init__(self) -> None:
        self.sets: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.left = asyncio.Event()
        self.under_way = 0
        self.most_under_way = 0

    async def flush(self, items: list[int]) -> Sequence[int | Exception]:
        self.sets.append(items)
        self.left.set()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        return [ValueError(item) if item < 0 else item * 2 for item in items]


async def test_a_lone_call_leaves_at_once() -> None:
    trips = Trips()
    assert await Coalescer(trips.flush)(21) == 42
    assert trips.sets == [[21]]


async def test_calls_during_a_trip_travel_together_in_order() -> None:
    trips = Trips()
    call = Coalescer(trips.flush)
    trips.gate.clear()
    first = asyncio.create_task(call(0))
    await trips.left.wait()
    others = [asyncio.create_task(call(n)) for n in range(1, 6)]
    await asyncio.sleep(0)
    trips.gate.set()
    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert trips.sets == [[0], [1, 2, 3, 4, 5]]


async def test_no_trip_is_larger_than_the_limit() -> None:
    trips = Trips()
    call = Coalescer(trips.flush, limit=3)
    assert await asyncio.gather(*(call(n) for n in range(8))) == [n * 2 for n in range(8)]
    assert [len(trip) for trip in trips.sets] == [3, 3, 2]


@pytest.mark.parametrize("concurrency", [1, 2, 3])
async def test_no_more_trips_at_once_than_allowed(concurrency: int) -> None:
    trips = Trips()
    call = Coalescer(trips.flush, limit=2, concurrency=concurrency)
    trips.gate.clear()
    calls = [asyncio.create_task(call(n)) for n in range(12)]
    for _ in range(10):
        await asyncio.sleep(0)
    trips.gate.set()
    assert await asyncio.gather(*calls) == [n * 2 for n in range(12)]
    assert trips.most_under_way == concurrency


async def test_each_item_has_its_own_error() -> None:
    call = Coalescer(Trips().flush)
    answers = await asyncio.gather(call(1), call(-2), call(3), return_exceptions=True)
    assert answers[0] == 2
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 6


async def test_an_error_of_the_trip_is_everyones_and_the_next_trip_leaves() -> None:
    fails = [True]

    async def flush(items: list[int]) -> list[int]:
        if fails.pop() if fails else False:
            raise OSError("no way through")
        return items

    call = Coalescer(flush)
    answers = await asyncio.gather(call(1), call(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError, OSError]
    assert await call(3) == 3


async def test_an_answer_too_few_is_an_error_for_all_and_not_somebody_elses_answer() -> None:
    async def flush(items: list[int]) -> list[int]:
        return items[1:]

    call = Coalescer(flush)
    answers = await asyncio.gather(call(1), call(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [RuntimeError, RuntimeError]


async def test_who_is_cancelled_while_waiting_stays_at_home() -> None:
    trips = Trips()
    call = Coalescer(trips.flush)
    trips.gate.clear()
    first = asyncio.create_task(call(0))
    await trips.left.wait()
    stays, travels = asyncio.create_task(call(1)), asyncio.create_task(call(2))
    await asyncio.sleep(0)
    stays.cancel()
    trips.gate.set()
    assert (await first, await travels) == (0, 4)
    assert trips.sets == [[0], [2]]


async def test_who_is_cancelled_under_way_hurts_nobody() -> None:
    trips = Trips()
    call = Coalescer(trips.flush)
    trips.gate.clear()
    impatient, patient = asyncio.create_task(call(1)), asyncio.create_task(call(2))
    await trips.left.wait()
    impatient.cancel()
    trips.gate.set()
    assert await patient == 4
    assert trips.sets == [[1, 2]]
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_cancelled_trip_is_told_as_an_error_and_the_waiting_still_travel() -> None:
    cancels = [True]
    calls: list[asyncio.Task[int]] = []

    async def flush(items: list[int]) -> list[int]:
        if cancels:
            cancels.clear()
            calls.append(asyncio.create_task(call(2)))
            await asyncio.sleep(0)
            raise asyncio.CancelledError
        return items

    call = Coalescer(flush)
    with pytest.raises(FlushInterrupted):
        await call(1)
    assert await calls[0] == 2


async def test_drain_waits_for_what_waits() -> None:
    trips = Trips()
    call = Coalescer(trips.flush, limit=1)
    calls = [asyncio.create_task(call(n)) for n in range(3)]
    await asyncio.sleep(0)
    await call.drain()
    assert trips.sets == [[0], [1], [2]]
    assert await asyncio.gather(*calls) == [0, 2, 4]


async def test_a_trip_does_not_leave_in_its_first_passengers_name() -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")

    async def flush(items: list[int]) -> list[str]:
        return [name.get() for _ in items]

    name.set("alice")
    assert await Coalescer(flush)(1) == "nobody"


@pytest.mark.parametrize(("limit", "concurrency"), [(0, 1), (1, 0)])
def test_impossible_numbers_are_refused(limit: int, concurrency: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Coalescer(Trips().flush, limit=limit, concurrency=concurrency)
