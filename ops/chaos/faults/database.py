"""A database that dies, freezes or is restarted."""

import asyncio
import os
import random
import signal
from collections.abc import Iterable
from contextlib import suppress

from ops.chaos.faults.fault import Fault
from ops.chaos.scene import Scene
from ops.chaos.stage import Stage
from ops.errors import OpsError
from ops.local.proc import parents

_DOWN_SECONDS = (0.0, 4.0)
_FROZEN_SECONDS = (3.0, 10.0)
_TRIES = 10


async def kill(scene: Scene, dice: random.Random) -> None:
    """End the server as a power cut would, and start it again: it has to read its log."""
    await asyncio.to_thread(scene.stage.postgres.kill)
    await asyncio.sleep(dice.uniform(*_DOWN_SECONDS))
    await asyncio.to_thread(_start, scene.stage)


async def restart(scene: Scene, dice: random.Random) -> None:
    """Stop the server in good order, and start it again after a while."""
    await asyncio.to_thread(scene.stage.postgres.stop)
    await asyncio.sleep(dice.uniform(*_DOWN_SECONDS))
    await asyncio.to_thread(_start, scene.stage)


async def freeze(scene: Scene, dice: random.Random) -> None:
    """Stop every process of the server in its tracks, with every connection and lock held."""
    pid = scene.stage.postgres.pid
    if pid is None:
        raise OpsError("there is no database server to freeze")
    frozen = [pid, *_children(pid)]
    _send(frozen, signal.SIGSTOP)
    try:
        await asyncio.sleep(dice.uniform(*_FROZEN_SECONDS))
    finally:
        _send(frozen, signal.SIGCONT)


def _start(stage: Stage) -> None:
    """Start it; the processes of one that was killed hold on to its memory for a moment."""
    for _ in range(_TRIES):
        with suppress(OpsError):
            stage.postgres.start()
            return
    stage.postgres.start()


def _send(pids: Iterable[int], how: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, how)


def _children(parent: int) -> Iterable[int]:
    return [pid for pid, its_parent in parents() if its_parent == parent]


KILL = Fault("PostgreSQL killed", kill)
RESTART = Fault("PostgreSQL restarted", restart)
FREEZE = Fault("PostgreSQL frozen", freeze)
