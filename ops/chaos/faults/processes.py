"""Programs of the fleet that die, are told to end, or stop in their tracks; their supervisor starts them again."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from functools import partial

from ops.chaos.faults.fault import Fault
from ops.chaos.scene import Scene
from ops.chaos.waiting import until
from ops.fleet import WORKERS

PROGRAMS = (*WORKERS, "relay", "gateway")
_FROZEN_SECONDS = (2.0, 8.0)
_START_SECONDS = 60.0


async def send(scene: Scene, dice: random.Random, program: str, how: signal.Signals) -> None:
    """Send a signal to a program of this kind, once one runs."""
    pid = await _running(scene, dice, program)
    with suppress(ProcessLookupError):
        os.kill(pid, how)


async def freeze(scene: Scene, dice: random.Random) -> None:
    """Hold up whatever one program has in hand, and let it go on with what is stale by then."""
    pid = await _running(scene, dice, dice.choice(PROGRAMS))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(dice.uniform(*_FROZEN_SECONDS))
        finally:
            os.kill(pid, signal.SIGCONT)


async def roll(scene: Scene, _: random.Random) -> None:
    """Restart every program in good order, one after the other, as a deployment does."""
    for name, child in scene.stage.children().items():
        if child.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGTERM)
            await _replaced(scene, name, child.pid)


async def _running(scene: Scene, dice: random.Random, program: str) -> int:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            kind = [child for name, child in scene.stage.children().items() if name.partition(".")[0] == program]
            pids = [child.pid for child in kind if child.pid is not None]
            if pids:
                return dice.choice(pids)
            await asyncio.sleep(0.1)


async def _replaced(scene: Scene, name: str, pid: int) -> None:
    async def is_replaced() -> bool:
        return scene.stage.pid(name) not in {None, pid}

    async with asyncio.timeout(_START_SECONDS):
        await until(is_replaced)


def _each(word: str, how: signal.Signals) -> list[Fault]:
    return [Fault(f"{program} {word}", partial(send, program=program, how=how)) for program in PROGRAMS]


KILLS = _each("killed", signal.SIGKILL)
ENDS = _each("told to end", signal.SIGTERM)
FREEZE = Fault("program frozen", freeze)
ROLLING = Fault("fleet restarted, one by one", roll, goes_with_others=False)
