"""What the fleet asks of others, and does not get: money, and mail."""

import asyncio
import os
import random
import signal
import time
from contextlib import suppress

from ops.chaos.faults.fault import Fault
from ops.chaos.scene import Scene

_PROVIDER_SECONDS = (2.0, 15.0)
_MAIL_SECONDS = (2.0, 8.0)
_CATCHER = "mailcatcher"


async def take_provider_away(scene: Scene, dice: random.Random) -> None:
    """Let nobody reach the payment provider."""
    scene.stage.outage_file.touch()
    try:
        await asyncio.sleep(dice.uniform(*_PROVIDER_SECONDS))
    finally:
        scene.stage.outage_file.unlink()


async def keep_mail_down(scene: Scene, dice: random.Random) -> None:
    """End the mail server as often as it is started."""
    until = time.monotonic() + dice.uniform(*_MAIL_SECONDS)
    while time.monotonic() < until:
        if pid := scene.stage.pid(_CATCHER):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.1)


async def freeze_mail(scene: Scene, dice: random.Random) -> None:
    """Let the mail server take connections and answer nobody."""
    if pid := scene.stage.pid(_CATCHER):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(dice.uniform(*_MAIL_SECONDS))
            finally:
                os.kill(pid, signal.SIGCONT)


PROVIDER = Fault("provider away", take_provider_away)
SMTP = Fault("SMTP down", keep_mail_down)
SMTP_FROZEN = Fault("SMTP frozen", freeze_mail)
