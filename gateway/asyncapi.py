"""The document at ``/asyncapi.json``: every message, every queue, and who says and hears what."""

from functools import cache

import msgspec
from litestar import MediaType, Response, get

from gateway.openapi import VERSION, problems
from gateway.saying import SAYS, SPEAKER
from gateway.wanted import InSettings
from ops.asyncapi import Speaker, document
from workers.runtime.settings import Settings

GATEWAY = Speaker(SPEAKER, "The HTTP door.", dict.fromkeys(SAYS, ("as a call asks for it",)))


@get(
    "/asyncapi.json",
    summary="Show the messages",
    tags=["Operations"],
    responses=problems(stored=False),
    sync_to_thread=False,
)
def describe_messages(settings: InSettings) -> Response[dict[str, object]]:
    """Show every message, who says it and which queues hear it, as an AsyncAPI document."""
    return Response(_written(settings), media_type=MediaType.JSON)  # type: ignore[arg-type]  # encoded already


@cache
def _written(settings: Settings) -> bytes:
    return msgspec.json.encode(document(settings, [GATEWAY], version=VERSION))
