"""What happens between a healthy stack and a calm one: orders on one side, faults on the other."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from ops.chaos import recovery
from ops.chaos.customers import Customers
from ops.chaos.faults import FAULTS, OF_A_CLUSTER, Fault
from ops.chaos.plan import Injection, Step, steps
from ops.chaos.scene import Scene
from ops.chaos.stage import Stage
from ops.chaos.tap import Tap
from ops.chaos.wanted import Wanted
from ops.errors import OpsError
from ops.servers import Say

_FIRST_SECONDS = 60.0
_FAULTS_A_MINUTE = 3
_PAIR = "two at once"
_MAIL = {"notification", "SMTP"}
"""After what broke these, the fleet is itself again when mails arrive."""


class Happening:
    """A run on a stack that is up."""

    def __init__(self, wanted: Wanted, stage: Stage, say: Say) -> None:
        self.wanted = wanted
        self._say = say
        self.tap = Tap(stage.settings.amqp_urls)
        self.customers = Customers(stage.gateway, rate=wanted.rate, seed=wanted.seed)
        self.scene = Scene(stage=stage, tap=self.tap)
        self.times: defaultdict[str, list[float | None]] = defaultdict(list)
        self.injected = 0
        self.baseline = 0.0
        self._began = time.monotonic()

    @property
    def minutes(self) -> float:
        """How long it has lasted."""
        return (time.monotonic() - self._began) / 60

    async def happen(self) -> None:
        """Take orders, and break things one after the other, until there was enough of both."""
        await self.customers.come(expected=self._expected())
        async with _going_on(self.tap.listen()):
            self.baseline = await self._first_order()
            async with _going_on(self.customers.order()):
                for step in steps(self._faults(), self.wanted.seed):
                    if self._is_over() or not await self._take(step):
                        break
            await self.customers.leave()

    async def _first_order(self) -> float:
        """Return how long an order takes while nothing is wrong.

        Raises:
            OpsError: when it never arrives: nothing that is broken now would tell anything.
        """
        seconds = await recovery.measure(self.customers, most=_FIRST_SECONDS)
        if seconds is None:
            why = self.customers.refusal or "one was taken, and did not arrive"
            raise OpsError(f"orders are not delivered though nothing is broken yet: {why}")
        return seconds

    async def _take(self, step: Step) -> bool:
        """Let a step happen, wait until the fleet is itself again, and return whether it ever is."""
        await asyncio.sleep(step.quiet)
        kinds = [injection.fault.kind for injection in step.injections]
        await asyncio.gather(*(self._inject(injection) for injection in step.injections))
        told = any(injection.fault.target in _MAIL for injection in step.injections)
        seconds = await recovery.measure(self.customers, mails=self.scene.stage.mails if told else None)
        self.times[kinds[0] if len(kinds) == 1 else _PAIR].append(seconds)
        took = "NEVER AGAIN" if seconds is None else f"itself again after {seconds:.1f} s"
        self._say(f"{self.injected:>4}  {self.minutes:5.1f} min  {' + '.join(kinds)}: {took}")
        return seconds is not None

    async def _inject(self, injection: Injection) -> None:
        self.injected += 1
        try:
            await injection.fault.inject(self.scene, random.Random(injection.seed))  # noqa: S311 - as in the plan
        except Exception as error:
            raise OpsError(f"the fault {injection.fault.kind!r} could not be injected: {error!r}") from error

    def _faults(self) -> list[Fault]:
        known = [*FAULTS, *(OF_A_CLUSTER if self.wanted.cluster else ())]
        words = self.wanted.kinds
        return [fault for fault in known if not words or any(word in fault.kind for word in words)]

    def _is_over(self) -> bool:
        wanted, orders = self.wanted, len(self.customers.accepted)
        return self.injected >= wanted.faults and self.minutes >= wanted.minutes and orders >= wanted.orders

    def _expected(self) -> int:
        minutes = max(self.wanted.minutes, self.wanted.faults / _FAULTS_A_MINUTE)
        return max(self.wanted.orders, round(60 * minutes * self.wanted.rate))


@asynccontextmanager
async def _going_on(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
