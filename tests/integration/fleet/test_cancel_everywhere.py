"""A cancel before and after every single step of an order's way, for everything that may come of its payment."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest

from messages.post.envelope import Envelope
from tests.support.auditing import violated
from tests.support.endings import require_good_end, retry_refunds, statuses
from tests.support.fate import Fate
from tests.support.world import World, open_world
from workers.order.rules import Cancel
from workers.runtime.settings import Settings

NEVER = 10_000
STOCK = 2


class Kind(NamedTuple):
    """An order, and the ends that it may come to."""

    method: str
    quantity: int
    ends: set[str]


KINDS = {
    "paid": Kind("tok_ok", 2, {"CANCELLED", "DELIVERED"}),
    "declined": Kind("tok_declined", 2, {"CANCELLED", "FAILED"}),
    "slow": Kind("tok_timeout", 2, {"CANCELLED", "DELIVERED"}),
    "provider fails": Kind("tok_error", 2, {"CANCELLED", "FAILED"}),
    "refund fails": Kind("tok_refund_fails", 2, {"CANCELLED", "DELIVERED"}),
    "out of stock": Kind("tok_ok", 3, {"CANCELLED", "FAILED"}),
}


class Moment(NamedTuple):
    """Before which step a cancel is asked for, and heard of."""

    asked: int
    heard: int
    overtakes: bool = False


class Way:
    """One order's way, step by step: each delivery is one, and each tick of a timer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.steps = 0
        self._request: list[tuple[str, Envelope]] = []
        self._next = 0

    async def go(self, kind: Kind, *, asked: int = NEVER, heard: int = NEVER, overtakes: bool = False) -> Cancel | None:
        """Go all the way; the cancel is asked for before the step ``asked``, and heard of before ``heard``.

        It ``overtakes`` when whatever it leads to does so too.
        """
        await self.world.begin(STOCK)
        order = await self.world.order([(0, kind.quantity)], method=kind.method)
        answer = None
        async for _ in self._steps():
            if self.steps == asked:
                answer = await self.world.cancel(order)
                self._hold_back()
            if self.steps >= heard:
                self._next = -1 if overtakes else 0
                self._let_go()
        self._let_go()
        return answer

    async def _steps(self) -> AsyncIterator[None]:
        """Yield before every step, until nothing but a cancel that is held back is left to do."""
        timers = self.world.timers
        while timers:
            yield
            self.steps += 1
            if self.world.network.waiting:
                await self.world.network.carry(self._next)
                timers = self.world.timers
            else:
                await self.world.network.tick(timers.pop())

    def _hold_back(self) -> None:
        waiting = self.world.network.waiting
        self._request = [each for each in waiting if each[1].said_by == "gateway" and "cancellation" in each[1].type]
        for each in self._request:
            waiting.remove(each)

    def _let_go(self) -> None:
        """The request is next, whatever waits."""
        waiting = self.world.network.waiting
        self.world.network.waiting = [*self._request, *waiting] if self._next == 0 else [*waiting, *self._request]
        self._request = []


def moments(steps: int) -> Iterator[Moment]:
    """Ask at every step and be heard at once, overtaking or not, or last of all; ask first, and be heard at any."""
    for step in range(steps + 1):
        yield Moment(step, step)
        yield Moment(step, step, overtakes=True)
        yield Moment(step, NEVER)
        yield Moment(0, step)


@pytest.fixture
async def world(careless_settings: Settings) -> AsyncIterator[World]:
    async with open_world(careless_settings) as world:
        yield world


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_a_cancel_at_any_step_gets_a_definite_answer(kind: Kind, world: World) -> None:
    untouched = Way(world)
    await untouched.go(kind)
    ends: Counter[str] = Counter()
    for moment in moments(untouched.steps):
        answer = await Way(world).go(kind, **moment._asdict())
        await require_good_end(world)
        [end] = (await statuses(world)).values()
        ends[end] += 1
        assert (answer is Cancel.REQUESTED) or end != "CANCELLED", moment
    assert set(ends) == kind.ends, ends


@pytest.mark.parametrize("end", ["answers", "answer lost", "worker killed"])
@pytest.mark.parametrize("meanwhile", ["cancel", "expiry", "both"])
@pytest.mark.parametrize("method", ["tok_ok", "tok_declined", "tok_timeout", "tok_error", "tok_refund_fails"])
async def test_whatever_happens_while_the_provider_is_asked(
    method: str, meanwhile: str, end: str, world: World
) -> None:
    """Everybody has heard of it before the provider's answer comes, if it does."""
    await world.begin(STOCK)
    order = await world.order([(0, 1)], method=method)
    while not world.network.errands():
        await world.network.carry(0)
    await world.deliver(world.network.errands()[0], 1, Fate(waits=True, loses_answers=end == "answer lost"))
    if meanwhile != "cancel":
        await world.expire(order)
        await world.network.tick(*world.timers)
    if meanwhile != "expiry":
        assert await world.cancel(order) is Cancel.REQUESTED
    while world.network.waiting:
        await world.network.carry(0)
    await (world.kill(0) if end == "worker killed" else world.answer(0))
    await require_good_end(world)
    assert list((await statuses(world)).values()) == ["FAILED" if meanwhile == "expiry" else "CANCELLED"]


async def test_a_refund_that_fails_for_good_waits_for_an_operator(world: World) -> None:
    """At each step after the payment: CANCELLING, with nothing wrong but that, until somebody tries again."""
    kind = KINDS["refund fails"]
    untouched, waited = Way(world), 0
    await untouched.go(kind)
    for step in range(untouched.steps + 1):
        await Way(world).go(kind, asked=step, heard=step)
        await world.come_to_rest()
        if set((await statuses(world)).values()) == {"CANCELLING"}:
            waited += 1
            assert await violated(world.books) == {"refund-failed": 1, "order-late": 1}
            assert await retry_refunds(world, provider_relents=True) == 1
        await require_good_end(world)
    assert waited
