"""Asking somebody who may not answer: what they said, or a sentence that says why it is not known."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

import msgspec

from workers.runtime.database import is_outage, is_transient
from workers.runtime.verdict import describe

T = TypeVar("T")
PATIENCE = 3.0


class Told(msgspec.Struct, Generic[T], frozen=True):
    """An answer, or the reason why there is none."""

    answer: T | None = None
    problem: str | None = None


async def ask(question: Coroutine[Any, Any, T], *, of: str) -> Told[T]:
    """Ask, and do not wait for long: a server that is frozen would not even let go of who gives up."""
    asking = asyncio.ensure_future(question)
    try:
        if not (await asyncio.wait([asking], timeout=PATIENCE))[0]:
            return Told(problem=f"{of} did not answer within {PATIENCE:g} s")
        return Told(answer=asking.result())
    except Exception as error:
        if is_outage(error) or is_transient(error):
            return Told(problem=f"{of} cannot be asked: {describe(error)}")
        raise
    finally:
        asking.cancel()
