"""Assertions that wait for what must become true, and say what they saw when it does not."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from inspect import isawaitable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    look: Callable[[], Coroutine[Any, Any, T]], *, what: str = ..., seconds: float = ..., every: float = ...
) -> T: ...
@overload
async def eventually(look: Callable[[], T], *, what: str = ..., seconds: float = ..., every: float = ...) -> T: ...


async def eventually(look: Callable[[], Any], *, what: str = "", seconds: float = 30.0, every: float = 0.02) -> Any:
    """Look again and again until what is seen is true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if isawaitable(seen):
            seen = await seen
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what or look}; last seen: {seen!r}")
        await asyncio.sleep(every)
