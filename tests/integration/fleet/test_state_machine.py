"""Any interleaving of orders, cancels, deliveries, repetitions, delays, expiries, deaths and changes by hand ends well.

``ORDERFLEET_HYPOTHESIS_EXAMPLES`` says how many of them are tried.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import pytest
import uvloop
from hypothesis import HealthCheck, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.support.endings import require_good_end, retry_refunds
from tests.support.fate import Fate
from tests.support.world import World, open_world
from workers.runtime.settings import Settings

EXAMPLES = int(os.environ.get("ORDERFLEET_HYPOTHESIS_EXAMPLES", "30"))
MOST_ORDERS = 5
MOST_CANCELS = 2
METHODS = ["tok_ok", "tok_ok", "tok_declined", "tok_timeout", "tok_error", "tok_refund_fails"]


class Wish(NamedTuple):
    """What somebody orders: numbers of products, how many of each, and how to pay."""

    lines: list[tuple[int, int]]
    method: str
    partial: bool


some = st.integers(0, 11)
fates = st.one_of(
    st.builds(Fate),
    st.builds(Fate, loses_answers=st.just(value=True)),
    st.builds(Fate, killed_at=st.integers(0, 2), commits=st.booleans()),
)
absences = st.builds(Fate, waits=st.just(value=True), loses_answers=st.booleans())
deaths = st.one_of(st.builds(Fate), st.builds(Fate, killed_at=st.integers(0, 1), commits=st.booleans()))
wishes = st.builds(
    Wish,
    lines=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 3)), min_size=1, max_size=3),
    method=st.sampled_from(METHODS),
    partial=st.booleans(),
)


class Interleaving(RuleBasedStateMachine):
    """One world, in which hypothesis decides what happens next."""

    world: ClassVar[World]
    runner: ClassVar[asyncio.Runner]

    is_stubborn = False
    """Whether some refund fails."""

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize(
        shelves=st.tuples(st.integers(0, 8), st.integers(0, 8)), wishes=st.lists(wishes, min_size=1, max_size=3)
    )
    def begin(self, shelves: tuple[int, int], wishes: list[Wish]) -> None:
        self.run(self.world.begin(*shelves))
        for wish in wishes:
            self.order(wish)

    @precondition(lambda self: len(self.world.orders) < MOST_ORDERS)
    @rule(wish=wishes)
    def order(self, wish: Wish) -> None:
        self.is_stubborn |= wish.method == "tok_refund_fails"
        self.run(self.world.order(wish.lines, method=wish.method, partial=wish.partial))

    @precondition(lambda self: self.world.network.waiting)
    @rule(messages=st.integers(1, 8), ticks=st.integers(0, 2), newest_first=st.booleans())
    def go_on(self, messages: int, ticks: int, newest_first: bool) -> None:  # noqa: FBT001
        """Without this, few orders would come far: let some of what waits travel in one go."""
        self.run(self.world.go_on(messages, ticks, newest_first=newest_first))

    @precondition(lambda self: self.insistent())
    @rule(which=some, steps=st.just(0) | st.integers(0, 15))
    def cancel(self, which: int, steps: int) -> None:
        """Cancel an order, once it has come some steps further: late cancels are rare otherwise."""
        order = _pick(self.insistent(), which)
        self.run(self.world.advance(order, steps))
        note(self.run(self.world.cancel(order)))

    @precondition(lambda self: self.hurried())
    @rule(which=some, notices=st.booleans())
    def expire(self, which: int, notices: bool) -> None:  # noqa: FBT001
        self.run(self.world.expire(_pick(self.hurried(), which)))
        if notices:
            self.run(self.world.tick("expire", Fate()))

    @precondition(lambda self: self.world.network.waiting)
    @rule(which=some, most=st.integers(1, 3), fate=fates, redelivered=st.booleans())
    def deliver(self, which: int, most: int, fate: Fate, redelivered: bool) -> None:  # noqa: FBT001
        index = which % len(self.world.network.waiting)
        note(self.world.describe(index))
        self.run(self.world.deliver(index, most, fate, redelivered=redelivered))

    @precondition(lambda self: self.world.network.errands())
    @rule(which=some, most=st.integers(1, 3), fate=absences)
    def ask_outside(self, which: int, most: int, fate: Fate) -> None:
        index = _pick(self.world.network.errands(), which)
        note(self.world.describe(index))
        self.run(self.world.deliver(index, most, fate))

    @precondition(lambda self: self.world.network.waiting)
    @rule(which=some)
    def duplicate(self, which: int) -> None:
        self.world.network.waiting.append(_pick(self.world.network.waiting, which))

    @precondition(lambda self: self.world.working)
    @rule(which=some, dies=st.booleans())
    def hear_from_outside(self, which: int, dies: bool) -> None:  # noqa: FBT001
        index = which % len(self.world.working)
        self.run(self.world.kill(index) if dies else self.world.answer(index))

    @rule(which=some, fate=deaths)
    def tick(self, which: int, fate: Fate) -> None:
        timer = _pick(self.world.timers, which)
        note(timer)
        self.run(self.world.tick(timer, fate))

    @rule(which=some, status=st.sampled_from(["COMPLETED", "PENDING"]))
    def pay_elsewhere(self, which: int, status: Any) -> None:
        self.is_stubborn |= self.run(self.world.pay(_pick(self.world.orders, which), status))

    @rule(which=some, wish=st.sampled_from(["COMPLETED", "FAILED", "VOIDED", "REFUNDING", "REFUNDED"]))
    def change_payment(self, which: int, wish: Any) -> None:
        if payments := self.run(self.world.payments()):
            note(self.run(self.world.change(_pick(payments, which), wish)))

    @precondition(lambda self: self.is_stubborn)
    @rule(provider_relents=st.booleans())
    def retry_refunds(self, provider_relents: bool) -> None:  # noqa: FBT001
        self.run(retry_refunds(self.world, provider_relents=provider_relents))

    def teardown(self) -> None:
        self.run(require_good_end(self.world))

    def insistent(self) -> list[UUID]:
        """The orders that somebody may still want to cancel."""
        return [order for order, answers in self.world.answers.items() if len(answers) < MOST_CANCELS]

    def hurried(self) -> list[UUID]:
        """The orders whose time has not run out."""
        return [order for order in self.world.orders if order not in self.world.expired]


def _pick(items: list[Any], which: int) -> Any:
    return items[which % len(items)]


@pytest.fixture
def machine(careless_settings: Settings) -> Iterator[type[Interleaving]]:
    """One database and one loop for all examples."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        Interleaving.runner = runner
        Interleaving.world = runner.run(stack.enter_async_context(open_world(careless_settings)))
        yield Interleaving
        runner.run(stack.aclose())


def test_every_interleaving_ends_well(machine: type[Interleaving]) -> None:
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=EXAMPLES,
            stateful_step_count=50,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
