"""Whether the gateway lives, and whether it can do its work."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

import msgspec
from litestar import Response, get
from litestar.openapi import ResponseSpec

from gateway.openapi import problems
from gateway.wanted import InDatabases, InSettings
from workers.runtime.brokers import FAILURES, connect

_PATIENCE = 2

State = Literal["up", "down"]


class Alive(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The process answers."""

    status: Literal["up"] = "up"


class Readiness(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Each dependency by name; without the broker orders are still taken, and wait in the outbox."""

    status: Literal["up", "degraded", "down"]
    databases: dict[str, State]
    broker: State


_DOWN = ResponseSpec(data_container=Readiness, description="A database is down.", generate_examples=False)


@get("/health/live", summary="Is it alive?", tags=["Operations"], responses=problems(stored=False))
async def live() -> Alive:
    """Tell that the process answers."""
    return Alive()


@get(
    "/health/ready",
    summary="Is it ready?",
    tags=["Operations"],
    responses={**problems(stored=False), HTTPStatus.SERVICE_UNAVAILABLE: _DOWN},
)
async def ready(databases: InDatabases, settings: InSettings) -> Response[Readiness]:
    """Tell whether orders can be taken, with each dependency by name."""
    answers, broker = await asyncio.gather(databases.probe(), _broker_answers(settings.amqp_urls))
    readiness = Readiness(
        status="down" if not all(answers.values()) else "up" if broker else "degraded",
        databases={room: _state(up) for room, up in answers.items()},
        broker=_state(broker),
    )
    status = HTTPStatus.SERVICE_UNAVAILABLE if readiness.status == "down" else HTTPStatus.OK
    return Response(readiness, status_code=status)


async def _broker_answers(urls: Sequence[str]) -> bool:
    """Log in and out again: a port that is open says little."""
    try:
        async with asyncio.timeout(_PATIENCE), await connect(urls, seconds=_PATIENCE / len(urls)):
            return True
    except FAILURES:
        return False


def _state(up: bool) -> State:  # noqa: FBT001 - it is what the answer is made of
    return "up" if up else "down"
