"""Waiting for what nobody announces."""

import asyncio
from collections.abc import Awaitable, Callable

LOOK_SECONDS = 0.1


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until ``condition`` holds; whoever calls sets a time limit."""
    while not await condition():  # noqa: ASYNC110 - other processes set no event
        await asyncio.sleep(LOOK_SECONDS)
