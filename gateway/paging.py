"""Lists in pages, newest first: a cursor is the last id seen, so that rows that are added move nothing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.problems import invalid


class Identified(Protocol):
    """A row of a list."""

    @property
    def id(self) -> UUID:
        """What the list is ordered by."""
        ...


T = TypeVar("T", bound=Identified)
T_co = TypeVar("T_co", covariant=True)


class Page(msgspec.Struct, Generic[T_co], frozen=True, kw_only=True, rename="camel"):
    """Some of a list, and where the rest begins."""

    items: Sequence[T_co]
    next_cursor: str | None


async def turn(
    fetch: Callable[..., Awaitable[Sequence[T]]], tx: AsyncConnection, *, limit: int, cursor: str | None, **filters: Any
) -> Page[T]:
    """Fetch one page with a room's ``page``; one row more than asked for tells whether there is another."""
    rows = await fetch(tx, limit=limit + 1, before=_before(cursor), **filters)
    items = rows[:limit]
    return Page(items=items, next_cursor=_cursor(items[-1].id) if len(rows) > limit else None)


def _cursor(last: UUID) -> str:
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")


def _before(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    try:
        last = UUID(bytes=urlsafe_b64decode(cursor + "=="))
    except ValueError:
        last = None
    if last is None or _cursor(last) != cursor:
        raise invalid({"/cursor": "This is not a cursor that a page came with"})
    return last
