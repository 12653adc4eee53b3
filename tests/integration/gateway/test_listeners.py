import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from litestar.response import ServerSentEventMessage
from sqlalchemy import text
from structlog.testing import capture_logs

from gateway.cursor import Cursor
from gateway.databases import Databases
from gateway.events import Follower
from gateway.listeners import Listeners
from gateway.pulse import Pulse
from gateway.stories import Stories, Story
from tests.integration.gateway.door import Door
from tests.support.network import Network
from tests.support.waiting import eventually
from workers.order.history import CHANNEL, Event, add
from workers.runtime.database import Database
from workers.runtime.listening import listen
from workers.runtime.settings import Settings


@pytest.fixture
async def databases(settings: Settings) -> AsyncIterator[Databases]:
    databases = Databases(settings, connections=3)
    yield databases
    await databases.close()


@pytest.fixture
async def stories(databases: Databases) -> AsyncIterator[Stories]:
    stories = Stories(databases)
    yield stories
    await stories.close()


@pytest.fixture
async def listeners(settings: Settings, databases: Databases) -> AsyncIterator[Listeners]:
    listeners = Listeners(settings, databases)
    yield listeners
    await listeners.close()


@pytest.fixture
async def order(door: Door) -> UUID:
    return UUID((await door.order())["id"])


async def begin(stories: Stories, listeners: Listeners, order: UUID) -> AsyncIterator[ServerSentEventMessage]:
    """Follow an order, and take what there is."""
    story = await stories.read(order)
    assert story is not None
    stream = Follower(order, Cursor(), stories, listeners, 15).events(story)
    assert (await anext(stream)).event == "order.accepted"
    return stream


async def test_a_client_that_goes_leaves_nothing_behind(stories: Stories, listeners: Listeners, order: UUID) -> None:
    waiting, unread = await begin(stories, listeners, order), await begin(stories, listeners, order)
    assert len(listeners) == 2
    next_event = asyncio.ensure_future(anext(waiting))
    await asyncio.sleep(0.05)
    next_event.cancel()
    await asyncio.gather(next_event, return_exceptions=True)
    assert len(listeners) == 1, "cancelled while it waited"
    del unread
    gc.collect()
    await eventually(lambda: len(listeners) == 0, what="the end of a stream that nobody reads")


async def test_a_stream_outlives_an_outage(
    stories: Stories, listeners: Listeners, order: UUID, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = await begin(stories, listeners, order)
    read, failures = stories.read, iter([True, True, False])

    async def flaky(order_id: UUID) -> Story | None:
        if next(failures, False):
            raise ConnectionError
        return await read(order_id)

    monkeypatch.setattr(stories, "read", flaky)
    await door.http.delete(f"/orders/{order}")
    with capture_logs() as lines:
        async with asyncio.timeout(10):
            while (await anext(stream)).event != "order.cancellation_requested":
                pass
    assert [line["log_level"] for line in lines] == ["warning", "warning"]
    await cast("Any", stream).aclose()


async def test_those_who_ask_together_are_answered_together(stories: Stories, order: UUID) -> None:
    told = await asyncio.gather(*(stories.read(which) for which in [order, order, uuid4(), order]))
    assert [story is not None for story in told] == [True, True, False, True]
    assert told[0] == told[1] == told[3]


async def test_a_large_batch_is_announced_whole(settings: Settings, database: Database) -> None:
    orders, heard = [uuid4() for _ in range(501)], set[str]()
    url, hear = settings.database_url, lambda payload: heard.update(payload.split(","))
    listening = asyncio.create_task(listen(url, CHANNEL, hear, name="test"))
    await eventually(lambda: heard == {""}, what="the connection")
    async with database.transaction() as tx:
        events = [Event(order_id=order, kind="toy.happened", detail={}) for order in orders for _ in range(2)]
        await add(tx, events)
    await eventually(lambda: heard == {"", *map(str, orders)}, what="every order")
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_whatever_any_room_does_changes_the_pulse(
    databases: Databases, database: Database, settings: Settings, order: UUID
) -> None:
    pulse = Pulse(databases)
    before = (await pulse.take([order, uuid4()]))[order]
    seen = {before}
    async with Network(database, settings) as network:
        await network.relay()
        while network.waiting:
            await network.deliver(0)
            seen.add((await pulse.take([order]))[order])
    assert len(seen) > 8, "each of the messages"
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE notification.notification SET updated_at = now()"))
    assert (await pulse.take([order]))[order] not in seen
