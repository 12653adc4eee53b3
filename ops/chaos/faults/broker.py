"""A broker that dies, freezes, is restarted, throws everybody out, or has no memory left."""

import asyncio
import os
import random
import signal
from urllib.parse import quote

import httpx

from ops.chaos.faults.fault import Fault
from ops.chaos.faults.processes import send
from ops.chaos.scene import Scene
from ops.local.cluster import Cluster
from workers.fleet import ROOMS

_DOWN_SECONDS = (0.0, 5.0)
_FROZEN_SECONDS = (3.0, 12.0)
_CLOSINGS = 4
_CLOSE_EVERY_SECONDS = 2.0
_ALARM_SECONDS = (3.0, 20.0)
_ASLEEP_SECONDS = (1.0, 3.0)
_COMMIT_SECONDS = (1.0, 3.0)
_NO_MEMORY = "0.000001"
_ENOUGH_MEMORY = "0.4"


async def kill(scene: Scene, dice: random.Random) -> None:
    """End the broker as a power cut would, and start it again after a while."""
    await asyncio.to_thread(scene.stage.rabbitmq.kill)
    await asyncio.sleep(dice.uniform(*_DOWN_SECONDS))
    await asyncio.to_thread(scene.stage.rabbitmq.start)


async def restart(scene: Scene, dice: random.Random) -> None:
    """Stop the broker in good order, and start it again after a while."""
    await asyncio.to_thread(scene.stage.rabbitmq.stop)
    await asyncio.sleep(dice.uniform(*_DOWN_SECONDS))
    await asyncio.to_thread(scene.stage.rabbitmq.start)


async def freeze(scene: Scene, dice: random.Random) -> None:
    """Stop the broker in its tracks, with every connection open."""
    _to_broker(scene, signal.SIGSTOP)
    try:
        await asyncio.sleep(dice.uniform(*_FROZEN_SECONDS))
    finally:
        _to_broker(scene, signal.SIGCONT)


async def close_connections(scene: Scene, _: random.Random) -> None:
    """Close every connection, again and again."""
    async with httpx.AsyncClient(base_url=scene.stage.rabbitmq.management_url, timeout=20) as management:
        for _round in range(_CLOSINGS):
            answer = await management.get("/api/connections", params={"columns": "name"})
            for connection in answer.json():
                name = quote(connection["name"], safe="")
                await management.delete(f"/api/connections/{name}", headers={"X-Reason": "chaos"})
            await asyncio.sleep(_CLOSE_EVERY_SECONDS)


async def raise_memory_alarm(scene: Scene, dice: random.Random) -> None:
    """Let the broker block whoever publishes."""
    rabbitmq = scene.stage.rabbitmq
    await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", _NO_MEMORY)
    try:
        await asyncio.sleep(dice.uniform(*_ALARM_SECONDS))
    finally:
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", _ENOUGH_MEMORY)


async def kill_after_commit(scene: Scene, dice: random.Random) -> None:
    """Kill workers and broker when work is committed and its replies are nowhere: receipts have to remember them.

    Workers sleep while messages pile up before them; then the broker sleeps while they do their work.
    """
    await _to_all(scene, dice, signal.SIGSTOP)
    await asyncio.sleep(dice.uniform(*_ASLEEP_SECONDS))
    _to_broker(scene, signal.SIGSTOP)
    await _to_all(scene, dice, signal.SIGCONT)
    await asyncio.sleep(dice.uniform(*_COMMIT_SECONDS))
    await _to_all(scene, dice, signal.SIGKILL)
    await asyncio.to_thread(scene.stage.rabbitmq.kill)
    await asyncio.to_thread(scene.stage.rabbitmq.start)


async def _to_all(scene: Scene, dice: random.Random, how: signal.Signals) -> None:
    for room in ROOMS:
        await send(scene, dice, program=room, how=how)


def _to_broker(scene: Scene, how: signal.Signals) -> None:
    rabbitmq = scene.stage.rabbitmq
    for node in rabbitmq.nodes if isinstance(rabbitmq, Cluster) else [rabbitmq]:
        if node.pid is not None:
            os.kill(node.pid, how)


KILL = Fault("RabbitMQ killed", kill)
RESTART = Fault("RabbitMQ restarted", restart)
FREEZE = Fault("RabbitMQ frozen", freeze)
CONNECTIONS = Fault("RabbitMQ closed all connections every 2 s", close_connections)
COMMITTED = Fault("workers and RabbitMQ killed after commit", kill_after_commit, goes_with_others=False)
MEMORY = Fault("RabbitMQ out of memory", raise_memory_alarm)
