"""Messages that could not be handled: seeing them, sending them again, giving them up."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from litestar import Request, delete, get, post
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body, HeaderParameter, QueryParameter

from gateway.letters import (
    DeadLetter,
    DeadLetters,
    Done,
    DropLetters,
    Rehearsed,
    Replayed,
    ReplayLetters,
    WholeLetter,
    shown,
    whole,
)
from gateway.letters import group as shown_group
from gateway.openapi import problems
from gateway.paging import turn
from gateway.pointers import pointer
from gateway.problems import Problem, missing, refused
from gateway.wanted import Cursor, InOffices, Limit, PathId
from messages.post.topology import UNROUTED_QUEUE
from ops.dead.desk import Desk
from ops.dead.offices import Offices, handler_of
from ops.dead.replay import Manner, Replay
from ops.dead.trial import Trial
from workers.dead import views
from workers.dead.store import Signed
from workers.dead.views import Letter

PATIENCE = 10
MOST_TRIED = 200
_ID = "01980000-0000-7000-8000-000000000001"
_QUEUE = "Stock_OrderCreated"

OfQueue = Annotated[
    str | None, QueryParameter(max_length=255, pattern=r"^[^\x00]+$", description="Only letters of this queue")
]
OfGroup = Annotated[
    str | None,
    QueryParameter(max_length=4000, pattern=r"^[^\x00]+$", description="Only letters of the group of this error"),
]
By = Annotated[
    str | None, HeaderParameter(name="By", max_length=1000, description="Who asks, unless the body's `by` says so")
]


@get("/dead-letters", summary="List dead letters", tags=["Operations"], responses=problems(400))
async def list_dead_letters(
    *,
    offices: InOffices,
    queue: OfQueue = None,
    error: OfGroup = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeadLetters:
    """List the messages that could not be handled, those that were given up last first, and count them by error.

    They wait here until they are replayed or dropped. Bodies are shown as they are. `error` chooses a group, by what
    `groups` calls it; the groups are those of the whole queue all the same.
    """
    async with offices.operations() as tx:
        page = await turn(views.page, tx, limit=limit, cursor=cursor, queue=queue, pattern=error)
        groups = await views.groups(tx, queue)
    items: Sequence[DeadLetter] = [shown(letter) for letter in page.items]
    return DeadLetters(items=items, groups=list(map(shown_group, groups)), next_cursor=page.next_cursor)


@get("/dead-letters/{id:str}", summary="Show a dead letter", tags=["Operations"], responses=problems(400, 404))
async def show_dead_letter(offices: InOffices, letter_id: PathId) -> WholeLetter:
    """Show everything about a letter, whatever became of it: where it failed, and who did what to it."""
    async with offices.operations() as tx:
        letter = await views.get(tx, letter_id)
        actions = await views.actions(tx, [letter_id])
    if letter is None:
        raise missing("dead letter")
    return whole(letter, actions.get(letter_id, []))


@post(
    "/dead-letters/replay",
    summary="Replay dead letters",
    tags=["Operations"],
    status_code=HTTPStatus.ACCEPTED,
    responses=problems(400, 404, 409, 413),
)
async def replay_dead_letters(
    request: Request[None, None, State],
    offices: InOffices,
    data: Annotated[ReplayLetters, Body(examples=[Example(summary="All of a queue", value={"queue": _QUEUE})])],
    by: By = None,
) -> Replayed | Rehearsed:
    """Send letters to their queue again, the oldest first, each as a first attempt.

    First one is sent, then ten, then the rest: as soon as one fails again, or is not handled within ten seconds, the
    others are kept. `dryRun` sends nothing, and says for each letter (for 200 at most) where its order stands and what
    handling it would do: the real handler tries, and what it did is taken back.
    """
    ids = await _chosen(offices, data)
    if data.dry_run:
        async with offices.operations() as tx:
            letters = await views.letters(tx, ids[:MOST_TRIED])
        return Rehearsed(items=await Trial(offices).forecast(letters))
    manner = Manner(patience=PATIENCE)
    results = await Replay(offices, _signed(request, data.by or by, data.why), manner).run(ids)
    return Replayed(items=results)


@delete(
    "/dead-letters",
    summary="Drop dead letters",
    tags=["Operations"],
    status_code=HTTPStatus.OK,
    responses=problems(400, 404, 409, 413),
)
async def drop_dead_letters(
    request: Request[None, None, State],
    offices: InOffices,
    data: Annotated[DropLetters, Body(examples=[Example(summary="One", value={"queue": _QUEUE, "ids": [_ID]})])],
    by: By = None,
) -> Done:
    """Give letters up for good. They are no longer listed; that they were dropped, by whom and why, is kept."""
    ids = await _named(offices, data.queue, data.ids)
    return Done(items=await Desk(offices).drop(ids, _signed(request, data.by or by, data.why)))


async def _chosen(offices: Offices, asked: ReplayLetters) -> list[UUID]:
    if asked.ids:
        return (await _named(offices, asked.queue, asked.ids))[: asked.limit]
    async with offices.operations() as tx:
        found = await views.chosen(tx, queue=asked.queue, pattern=asked.error)
    if not found and handler_of(asked.queue) is None and asked.queue != UNROUTED_QUEUE:
        raise missing("queue")
    return found[: asked.limit]


async def _named(offices: Offices, queue: str, ids: Sequence[UUID]) -> list[UUID]:
    """Return the ids of letters of one queue, the oldest first, of which at least one is dead still."""
    async with offices.operations() as tx:
        found = {letter.id: letter for letter in await views.letters(tx, ids) if letter.queue == queue}
    if any(id_ not in found for id_ in ids):
        raise missing(f"letter of {queue}")
    if all(letter.status != "dead" for letter in found.values()):
        raise _settled(ids, found)
    return sorted(found)


def _settled(ids: Sequence[UUID], found: dict[UUID, Letter]) -> Problem:
    errors = {pointer("ids", index): f"It was {found[id_].status} already" for index, id_ in enumerate(ids)}
    return refused("None of these letters is dead any more.", errors)


def _signed(request: Request[None, None, State], by: str | None, why: str | None) -> Signed:
    caller = request.client.host if request.client else "somewhere"
    return Signed(by=by or f"http@{caller}", why=why)
