"""Hearing what a database announces: one connection that listens on a channel, and comes back when it was lost."""

from collections.abc import Callable
from typing import NoReturn

import psycopg
from psycopg import sql
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter


async def listen(url: str, channel: str, heard: Callable[[str], None], *, name: str) -> NoReturn:
    """Call ``heard`` with the payload of every notification, until cancelled.

    Whenever the connection was made, at first or anew, ``heard`` is called with an empty payload: anything may have
    been announced while nobody listened. Whoever cannot wait for that polls as well.
    """
    attempts = AsyncRetrying(
        retry=retry_if_exception_type((psycopg.OperationalError, OSError)),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
    )
    async for attempt in attempts:
        with attempt:
            await _listen_once(url, channel, heard, name)
    raise AssertionError("listening ends only by being cancelled")


async def _listen_once(url: str, channel: str, heard: Callable[[str], None], name: str) -> NoReturn:
    connection = await psycopg.AsyncConnection.connect(
        url.replace("postgresql+psycopg://", "postgresql://"),
        autocommit=True,
        connect_timeout=5,
        application_name=name,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=25_000,
    )
    async with connection:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        heard("")
        async for notification in connection.notifies():
            heard(notification.payload)
    raise psycopg.OperationalError("the listening connection ended")
