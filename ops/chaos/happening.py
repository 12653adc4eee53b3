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
from ops.chaos.waiting import until
from ops.chaos.wanted import Wanted
from ops.errors import OpsError
from ops.servers import Say

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
            self.baseline = await recovery.measure(self.customers) or recovery.MOST_SECONDS
            async with _going_on(self.customers.order()):
                for step in steps(self._faults(), self.wanted.seed):
                    if self._is_over():
                        break
                    await self._take(step)
                await until(self._has_orders)
            await self.customers.leave()

    async def _take(self, step: Step) -> None:
        """Let a step happen, and wait until the fleet is itself again."""
        await asyncio.sleep(step.quiet)
        kinds = [injection.fault.kind for injection in step.injections]
        await asyncio.gather(*(self._inject(injection) for injection in step.injections))
        told = any(injection.fault.target in _MAIL for injection in step.injections)
        seconds = await recovery.measure(self.customers, told=told)
        self.times[kinds[0] if len(kinds) == 1 else _PAIR].append(seconds)
        took = "NEVER AGAIN" if seconds is None else f"itself again after {seconds:.1f} s"
        self._say(f"{self.injected:>4}  {self.minutes:5.1f} min  {' + '.join(kinds)}: {took}")

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
        if self.wanted.faults is not None:
            return self.injected >= self.wanted.faults
        return self.minutes >= (self.wanted.minutes or 0)

    async def _has_orders(self) -> bool:
        return len(self.customers.accepted) >= self.wanted.orders

    def _expected(self) -> int:
        seconds = 60 * (self.wanted.minutes or (self.wanted.faults or 0) / 3)
        return max(self.wanted.orders, round(seconds * self.wanted.rate))


@asynccontextmanager
async def _going_on(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
