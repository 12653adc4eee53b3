"""Messages that come twice, at once or much later."""

import asyncio
import random

from ops.chaos.faults.fault import Fault
from ops.chaos.scene import Scene

_COPIES = 300
_LATER_SECONDS = (3.0, 15.0)


async def duplicate(scene: Scene, _: random.Random) -> None:
    """Say again what was said last, with the same ids, in the same order."""
    await scene.tap.say_again(scene.tap.latest(_COPIES))


async def delay(scene: Scene, dice: random.Random) -> None:
    """Say again, in another order, what was said a while ago."""
    late = scene.tap.latest(_COPIES)
    await asyncio.sleep(dice.uniform(*_LATER_SECONDS))
    await scene.tap.say_again(dice.sample(late, len(late)))


DUPLICATED = Fault("messages duplicated", duplicate)
DELAYED = Fault("messages delayed and out of order", delay)
