"""An order's timeline as it grows: server-sent events.

Any process can go on with a stream that another one began; how it loses and repeats nothing is told in ``cursor``. The
story of an order is read when the order may have news (see ``listeners``), and with every heartbeat in any case. A
stream ends when its order has, after everything known then: the status is read before the entries that led to it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from http import HTTPStatus
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import HeaderParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from structlog.stdlib import get_logger

from gateway.cursor import Cursor
from gateway.listeners import Listeners
from gateway.openapi import problems
from gateway.post import WAITING
from gateway.problems import invalid, missing
from gateway.stories import Stories, Story
from gateway.wanted import InListeners, InSettings, InStories, PathId
from workers.runtime.database import is_outage, is_transient
from workers.runtime.timeline import Entry
from workers.runtime.verdict import describe

log = get_logger(__name__)

LATE_SECONDS = 1
"""Every message waits for a moment; a stream tells of those that wait for longer."""

_encoder = msgspec.json.Encoder()
_HEARTBEAT = ServerSentEventMessage(comment="", data=None)
_EXAMPLE = {
    "id": "uXk3aZ0Q",
    "event": "order.accepted",
    "data": (
        '{"at":"2026-01-31T12:00:00.123456Z","room":"order","kind":"order.accepted","detail":{"status":"PENDING"}}'
    ),
}


class SentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the stream: each field is a line of its own, and `data` is an entry of the timeline as JSON."""

    id: str
    event: str
    data: str


_STREAM = ResponseSpec(
    data_container=SentEvent,
    description="The stream: events, divided by empty lines. A line with a colon alone is a heartbeat.",
    media_type="text/event-stream",
    examples=[Example(summary="The first event", value=_EXAMPLE)],
    generate_examples=False,
)
_NOTHING = ResponseSpec(
    data_container=None,
    description="`Last-Event-ID` is the last event of an order that has ended: nothing more will come.",
    generate_examples=False,
)

LastEventId: TypeAlias = Annotated[
    str,
    HeaderParameter(
        name="Last-Event-ID",
        description="The `id` of the last event that was received",
        schema_extra={"pattern": "^([A-Za-z0-9_-]{8})*$", "maxLength": 8000},
    ),
]


@get(
    "/orders/{id:str}/events",
    summary="Follow an order",
    tags=["Orders"],
    media_type="text/event-stream",
    responses={200: _STREAM, 204: _NOTHING, **problems(400, 404)},
)
async def follow_order(
    *,
    stories: InStories,
    listeners: InListeners,
    settings: InSettings,
    order_id: PathId,
    last_event_id: LastEventId = "",
) -> Response[Any]:
    """Send the timeline of an order, and whatever is added to it, as server-sent events until the order has ended.

    Each event is named by its `kind`, and its data is the entry. A stream that broke goes on where it was, in this
    process or another, when the last `id` is sent back as `Last-Event-ID`; browsers do that by themselves, and stop
    when an order that has ended answers 204.
    """
    cursor = Cursor.parse(last_event_id)
    if cursor is None:
        raise invalid({"/Last-Event-ID": "This is not the id of an event"})
    story = await stories.read(order_id)
    if story is None:
        raise missing("order")
    if last_event_id and story.has_ended and not cursor.misses(_worth_telling(story)):
        return Response(None, status_code=HTTPStatus.NO_CONTENT)
    follower = Follower(order_id, cursor, stories, listeners, settings.events_heartbeat_seconds)
    return ServerSentEvent(follower.events(story))


class Follower:
    """One stream: what it has sent, and where it hears of more."""

    def __init__(
        self, order_id: UUID, cursor: Cursor, stories: Stories, listeners: Listeners, heartbeat_seconds: float
    ) -> None:
        self._order_id = order_id
        self._cursor = cursor
        self._stories = stories
        self._listeners = listeners
        self._heartbeat_seconds = heartbeat_seconds

    async def events(self, story: Story) -> AsyncIterator[ServerSentEventMessage]:
        """Send what ``story`` holds, then what each later one adds, until the order has ended."""
        with self._listeners.following(self._order_id) as flag:
            while True:
                for event in self._news(story):
                    yield event
                if story.has_ended or self._listeners.are_leaving:
                    return
                if not await self._rung(flag):
                    yield _HEARTBEAT
                flag.clear()
                story = await self._read() or story

    def _news(self, story: Story) -> Iterator[ServerSentEventMessage]:
        for cursor, entry in self._cursor.news(_worth_telling(story)):
            yield ServerSentEventMessage(id=cursor, event=entry.kind, data=_encoder.encode(entry))

    async def _rung(self, flag: asyncio.Event) -> bool:
        try:
            async with asyncio.timeout(self._heartbeat_seconds):
                return await flag.wait()
        except TimeoutError:
            return False

    async def _read(self) -> Story | None:
        """Read the story; when that cannot be done now, the stream stays open and is rung again when it can."""
        try:
            return await self._stories.read(self._order_id)
        except Exception as error:
            if not (is_outage(error) or is_transient(error)):
                raise
            log.warning("a stream waits for its database", order_id=str(self._order_id), error=describe(error))
            self._listeners.doubt(self._order_id)
            return None


def _worth_telling(story: Story) -> Iterable[Entry]:
    return (entry for entry in story.entries if entry.kind != WAITING or entry.detail["seconds"] >= LATE_SECONDS)
