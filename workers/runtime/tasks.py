"""Small ways to do several things at once, and to end them."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from workers.runtime.database import Database

NEWS_SECONDS = 0.1
LEAVE_SECONDS = 3.0


async def either(*waits: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of several comes true."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def doing(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do something beside the block, until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


async def release(tasks: Collection[asyncio.Task[Any]], *databases: Database) -> None:
    """End tasks that may wait for a database that answers nobody.

    Whoever waits there learns first that the connection is lost: cancelled, it would ask the server to be let go.
    """
    for database in databases:
        database.cut()
    if tasks:
        await asyncio.wait(tasks, timeout=NEWS_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
