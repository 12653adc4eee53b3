"""Being woken by the database: a connection that listens, and comes back when it was lost."""

import asyncio
from typing import NoReturn

import psycopg
from structlog.stdlib import get_logger
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter

from messages.post.outbox import CHANNEL

log = get_logger(__name__)


async def listen(url: str, woken: asyncio.Event) -> NoReturn:
    """Set ``woken`` whenever something was put into the outbox. Polling covers the time without a connection."""
    attempts = AsyncRetrying(
        retry=retry_if_exception_type((psycopg.OperationalError, OSError)),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
    )
    async for attempt in attempts:
        with attempt:
            await _listen_once(url, woken)
    raise AssertionError("listening ends only by being cancelled")


async def _listen_once(url: str, woken: asyncio.Event) -> NoReturn:
    connection = await psycopg.AsyncConnection.connect(
        url.replace("postgresql+psycopg://", "postgresql://"),
        autocommit=True,
        connect_timeout=5,
        application_name="relay listen",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=25_000,
    )
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        woken.set()
        async for _ in connection.notifies():
            woken.set()
    raise psycopg.OperationalError("the listening connection ended")
