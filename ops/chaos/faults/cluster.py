"""What a cluster goes through: the leader's node dies or freezes, or one node cannot talk to the others."""

import asyncio
import os
import random
import signal

from ops.chaos.faults.fault import Fault
from ops.chaos.scene import Scene
from ops.errors import OpsError
from ops.local.cluster import Cluster
from ops.local.rabbitmq import RabbitMQ
from workers.fleet import ROOMS

_DOWN_SECONDS = (2.0, 8.0)
_FROZEN_SECONDS = (3.0, 15.0)
_PARTED_SECONDS = (5.0, 15.0)


async def kill_leader(scene: Scene, dice: random.Random) -> None:
    """End the node that leads a queue as a power cut would, and start it again after a while."""
    _, node = await _leading(scene, dice)
    await asyncio.to_thread(node.kill)
    await asyncio.sleep(dice.uniform(*_DOWN_SECONDS))
    await asyncio.to_thread(node.start)


async def freeze_leader(scene: Scene, dice: random.Random) -> None:
    """Stop the node that leads a queue in its tracks."""
    _, node = await _leading(scene, dice)
    if node.pid is None:
        raise OpsError("there is no node to freeze")
    os.kill(node.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(dice.uniform(*_FROZEN_SECONDS))
    finally:
        os.kill(node.pid, signal.SIGCONT)


async def part_leader(scene: Scene, dice: random.Random) -> None:
    """Cut the node that leads a queue off from the others, and let it come back."""
    cluster, node = await _leading(scene, dice)
    await asyncio.to_thread(cluster.part, node)
    try:
        await asyncio.sleep(dice.uniform(*_PARTED_SECONDS))
    finally:
        await asyncio.to_thread(cluster.rejoin, node)


async def _leading(scene: Scene, dice: random.Random) -> tuple[Cluster, RabbitMQ]:
    cluster = scene.stage.rabbitmq
    if not isinstance(cluster, Cluster):
        raise OpsError("this fault needs a cluster")
    queues = sorted(queue for room in ROOMS.values() for queue in room.handlers)
    return cluster, await asyncio.to_thread(cluster.leader_of, dice.choice(queues))


LEADER = Fault("leader's node killed", kill_leader, goes_with_others=False)
FREEZE = Fault("leader's node frozen", freeze_leader, goes_with_others=False)
PARTITION = Fault("leader's node cut off", part_leader, goes_with_others=False)
