"""Choosing letters: by their ids, a group's, or all of a queue."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ops.dead.offices import Offices, handler_of
from ops.errors import OpsError
from workers.dead import views
from workers.dead.views import Group

T = TypeVar("T")


async def find(
    offices: Offices, *, ids: Sequence[UUID], queue: str | None, group: str | None, limit: int | None
) -> list[UUID]:
    """Return the ids of the letters that somebody chose in one of the three ways, the oldest first.

    Raises:
        OpsError: when there is no such letter or group, or not exactly one way was chosen.
    """
    if sum(map(bool, (ids, queue, group))) != 1:
        raise OpsError("say which letters: their IDs, or --group, or --queue")
    async with offices.operations() as tx:
        if ids:
            found = await views.statuses(tx, ids)
            for id_ in ids:
                require(found.get(id_), id_)
            return sorted(found)[:limit]
        if group:
            of = await group_of(tx, group)
            return (await views.chosen(tx, queue=of.queue, pattern=of.error))[:limit]
        dead = await views.chosen(tx, queue=queue or "")
    if not dead and handler_of(queue or "") is None:
        raise OpsError(f"there is no queue {queue}, and no letter of one; `orderfleet dead list` shows them")
    return dead[:limit]


async def group_of(tx: AsyncConnection, key: str) -> Group:
    """Find the group that a key names.

    Raises:
        OpsError: when there is none.
    """
    for group in await views.groups(tx):
        if group.key == key:
            return group
    raise OpsError(f"there is no group {key}; `orderfleet dead list` shows them")


def require(found: T | None, id_: UUID) -> T:
    """Return what was found of a letter.

    Raises:
        OpsError: when there is no such letter.
    """
    if found is None:
        raise OpsError(f"there is no letter {id_}; `orderfleet dead list` shows them")
    return found
