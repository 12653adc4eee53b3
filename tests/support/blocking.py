"""Transactions that meet: what comes second is known to wait before what came first goes on."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy import text

from tests.support.waiting import eventually
from workers.runtime.database import Database

T = TypeVar("T")
_BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")


async def held_up(database: Database, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin ``work``, and return it once it waits for a lock that an open transaction has."""
    task = asyncio.create_task(work)

    async def is_blocked() -> bool:
        assert not task.done(), f"nothing held it up: {task}"
        async with database.transaction() as tx:
            return bool((await tx.execute(_BLOCKED)).scalar_one())

    try:
        await eventually(is_blocked, what="it to wait for a lock", seconds=10)
    except BaseException:
        task.cancel()
        raise
    return task
