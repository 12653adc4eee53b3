"""Leaving a queue alone for a while, and going on with it."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body, PathParameter

from gateway.fields import Words
from gateway.openapi import Signable, problems
from gateway.problems import missing
from gateway.wanted import InDatabases, InSurveyor
from ops.survey.survey import QUEUES
from ops.survey.views import PauseView
from workers.runtime import pauses
from workers.runtime.settings import OPERATIONS

_EXAMPLE = Example(summary="With a reason", value={"by": "ada", "why": "the provider asked us to"})


class Sign(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Who wants it, and why."""

    by: Words | None = None
    why: Words | None = None


class QueueState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether a queue is paused, and by whom."""

    name: str
    paused: bool
    pause: PauseView | None = None


QueueName = Annotated[str, PathParameter(name="name")]
Signed = Annotated[Sign | None, Body(examples=[_EXAMPLE])]


@post(
    "/queues/{name:str}/pause",
    summary="Pause a queue",
    tags=["Operations"],
    status_code=HTTPStatus.OK,
    responses=problems(400, 404, 413),
    operation_class=Signable,
)
async def pause_queue(
    request: Request[None, None, State],
    databases: InDatabases,
    surveyor: InSurveyor,
    queue: QueueName,
    data: Signed = None,
) -> QueueState:
    """Have every worker leave a queue alone, until it is resumed; its messages wait.

    Workers learn of it within two seconds, and finish what they hold. The pause outlives restarts of everything.
    """
    sign = _require(queue, data)
    caller = f"http@{request.client.host}" if request.client else None
    async with databases.transaction(OPERATIONS) as tx:
        pause = await pauses.pause(tx, queue, by=sign.by, why=sign.why, caller=caller)
    surveyor.forget()
    return QueueState(name=queue, paused=True, pause=PauseView(by=pause.by, why=pause.why, since=pause.since))


@post(
    "/queues/{name:str}/resume",
    summary="Resume a queue",
    tags=["Operations"],
    status_code=HTTPStatus.OK,
    responses=problems(400, 404, 413),
    operation_class=Signable,
)
async def resume_queue(
    databases: InDatabases, surveyor: InSurveyor, queue: QueueName, data: Signed = None
) -> QueueState:
    """Have the workers go on with a queue that is paused."""
    _require(queue, data)
    async with databases.transaction(OPERATIONS) as tx:
        await pauses.resume(tx, queue)
    surveyor.forget()
    return QueueState(name=queue, paused=False)


def _require(queue: str, sign: Sign | None) -> Sign:
    if queue not in QUEUES:
        raise missing("queue of work")
    return sign or Sign()
