"""Waiting for calm: nothing is on its way, and nothing is waiting anywhere."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress

import httpx
from sqlalchemy import text

from messages.post.topology import UNROUTED_QUEUE
from ops.audit import Books
from ops.chaos.stage import Stage
from ops.servers import Say
from workers.fleet import fleet_topology
from workers.runtime.settings import OPERATIONS

_OPEN = text("""
    SELECT count(*) AS count FROM "order"."order" WHERE status NOT IN ('DRAFT', 'DELIVERED', 'CANCELLED', 'FAILED')
""")
_UNSENT = text("SELECT count(*) AS count FROM post.outbox")
_REVERSING = text("SELECT count(*) AS count FROM payment.payment WHERE void_due_at IS NOT NULL")
_UNTOLD = text("SELECT count(*) AS count FROM notification.notification WHERE status = 'PENDING'")
_LETTERS = text("SELECT count(*) AS count FROM operations.dead_letter WHERE status = 'dead'")
_WAITING = {"order": _OPEN, "payment": _REVERSING, "notification": _UNTOLD}
_LOOK_SECONDS = 1.0
_SAY_SECONDS = 30
_MANAGEMENT_SECONDS = 120
_LOOKS = 6  # the management API may be five seconds behind


async def calm(stage: Stage, books: Books, say: Say, *, patience: float) -> Mapping[str, int]:
    """Wait until nothing moves any more, and return what still does when patience ends."""
    began, quiet, said = time.monotonic(), 0, 1
    while True:
        waiting = {name: count for name, count in (await _waiting(stage, books)).items() if count}
        quiet = 0 if waiting else quiet + 1
        seconds = time.monotonic() - began
        if quiet >= _LOOKS or seconds > patience:
            return waiting
        if seconds > said * _SAY_SECONDS:
            said += 1
            words = ", ".join(f"{name} {count}" for name, count in waiting.items())
            say(f"      after {seconds:.0f} s still waiting: {words}")
        await asyncio.sleep(_LOOK_SECONDS)


async def dead_letters(stage: Stage, books: Books) -> int:
    """Count the messages that were given up, in the broker and in the table."""
    kept = (await books.rows(OPERATIONS, _LETTERS))[0].count
    depths = await _depths(stage)
    return int(kept) + sum(depths.get(queue, 0) for queue in {*fleet_topology().dead, UNROUTED_QUEUE})


async def _waiting(stage: Stage, books: Books) -> dict[str, int]:
    counts = {f"{room} rows": (await books.rows(room, query))[0].count for room, query in _WAITING.items()}
    unsent = [(await books.rows(room, _UNSENT))[0].count for room in books.homes]
    depths = await _depths(stage)
    dead = set(fleet_topology().dead)
    moving = {queue.name for queue in fleet_topology().queues if queue.name not in dead}
    return {**counts, "outbox rows": sum(unsent), **{queue: depths.get(queue, 0) for queue in moving}}


async def _depths(stage: Stage) -> dict[str, int]:
    """Return how many messages each queue holds; a node that came back a moment ago is asked again."""
    async with asyncio.timeout(_MANAGEMENT_SECONDS), httpx.AsyncClient(base_url=stage.rabbitmq.management_url) as api:
        while True:
            with suppress(httpx.HTTPError):
                answer = await api.get("/api/queues/%2F", params={"columns": "name,messages"})
                answer.raise_for_status()
                return {queue["name"]: queue.get("messages", 0) for queue in answer.json()}
            await asyncio.sleep(_LOOK_SECONDS)
