"""An order's black box: everything that happened to it, in every room, put together when somebody asks."""

import msgspec
from litestar import get

from gateway.openapi import problems
from gateway.problems import missing
from gateway.wanted import InStories, PathId
from workers.runtime.timeline import Entry


class Timeline(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything that happened to an order, oldest first."""

    items: tuple[Entry, ...]


@get("/orders/{id:str}/timeline", summary="What happened to an order", tags=["Orders"], responses=problems(400, 404))
async def get_timeline(stories: InStories, order_id: PathId) -> Timeline:
    """Tell everything that happened to an order, in every room, oldest first.

    `message.handled` is a message that a queue's consumer has done its work for, `message.retried` one whose handling
    failed and that comes `again`, `message.dead` one that was given up, and `message.waiting` one that the broker does
    not have yet. `letter.replayed`, `letter.dropped`, `letter.edited` and `letter.noted` are what operators did about
    one that was given up: `by` says who, and `why`. `messageId` is the message that brought an entry, and `causationId`
    the one that led to that.
    """
    story = await stories.read(order_id)
    if story is None:
        raise missing("order")
    return Timeline(items=story.entries)
