"""Queues, bindings and policies that somebody deletes; an operator puts them back, and has said again what was lost."""

import asyncio
import random
from urllib.parse import quote

import httpx

from messages.post.topology import EVENTS, Binding
from ops import topology
from ops.chaos.faults.fault import Fault
from ops.chaos.scene import Scene
from ops.chaos.stage import Stage
from ops.mend import say_again
from workers.fleet import fleet_topology

_GONE_SECONDS = (1.0, 6.0)
_EXTRA_MINUTES = 1.0


async def delete_queue(scene: Scene, dice: random.Random) -> None:
    """Delete a work queue with everything in it."""
    queue = dice.choice(_bindings()).queue
    await _without(scene, dice, f"/api/queues/%2F/{queue}")


async def delete_binding(scene: Scene, dice: random.Random) -> None:
    """Let a queue hear its event no more."""
    binding = dice.choice(_bindings())
    await _without(scene, dice, f"/api/bindings/%2F/e/{EVENTS}/q/{binding.queue}/{binding.key}")


async def delete_policies(scene: Scene, dice: random.Random) -> None:
    """Delete every policy, and declare them again."""
    async with _management(scene.stage) as management:
        for policy in sorted(fleet_topology().policies, key=lambda policy: policy.name):
            (await management.delete(f"/api/policies/%2F/{quote(policy.name, safe='')}")).raise_for_status()
        await asyncio.sleep(dice.uniform(*_GONE_SECONDS))
    await topology.declare(scene.stage.settings, fleet_topology())


async def _without(scene: Scene, dice: random.Random, what: str) -> None:
    """Delete something, and do after a while what an operator does about it.

    The tap is closed meanwhile: to the broker, a message that the tap hears has been heard.
    """
    async with scene.tap.closed(), _management(scene.stage) as management:
        (await management.delete(what)).raise_for_status()
        await asyncio.sleep(dice.uniform(*_GONE_SECONDS))
        await topology.declare(scene.stage.settings, fleet_topology())
    await say_again(scene.stage.settings, minutes=_GONE_SECONDS[1] / 60 + _EXTRA_MINUTES)


def _bindings() -> list[Binding]:
    heard = (binding for binding in fleet_topology().bindings if binding.exchange == EVENTS)
    return sorted(heard, key=lambda binding: binding.queue)


def _management(stage: Stage) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=stage.rabbitmq.management_url, timeout=20)


QUEUE = Fault("queue deleted", delete_queue, goes_with_others=False)
BINDING = Fault("binding deleted", delete_binding, goes_with_others=False)
POLICIES = Fault("policies deleted", delete_policies, goes_with_others=False)
