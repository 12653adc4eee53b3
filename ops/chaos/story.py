"""A run, from an empty stack to its verdict."""

import asyncio
import logging
import warnings
from datetime import UTC, datetime

import msgspec

from ops import audit
from ops.chaos.happening import Happening
from ops.chaos.judging import judge
from ops.chaos.stage import Stage, raised
from ops.chaos.verdict import Verdict
from ops.chaos.wanted import Wanted
from ops.servers import Say
from workers.runtime.settings import Settings


def run(wanted: Wanted, say: Say) -> Verdict:
    """Bring up a stack, set it on fire, wait for calm, and judge.

    Raises:
        OpsError: when the stack does not come up, or a fault cannot be injected.
    """
    _hush()
    with raised(wanted, say) as stage:
        verdict = asyncio.run(_burn(wanted, stage, say))
        stage.is_evidence = not verdict.ok
    return verdict


def _hush() -> None:
    """That the broker is gone is no news here, nor what its driver leaves behind then."""
    for driver in ("aio_pika", "aiormq"):
        logging.getLogger(driver).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", "coroutine 'Connection.close' was never awaited", RuntimeWarning)


async def _burn(wanted: Wanted, stage: Stage, say: Say) -> Verdict:
    began = datetime.now(UTC)
    happening = Happening(wanted, stage, say)
    await happening.happen()
    say(f"{len(happening.customers.accepted)} orders accepted, {happening.injected} faults; waiting for calm")
    async with audit.opened(_strict(stage.settings)) as books:
        return await judge(happening, books, began, say)


def _strict(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, audit_patience_seconds=0, audit_unsent_seconds=0)
