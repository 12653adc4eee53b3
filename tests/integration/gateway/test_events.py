import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text

from tests.integration.gateway.door import Door, problem
from tests.integration.gateway.following import Event, Gateway, gateway
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings


@pytest.fixture
async def second(settings: Settings, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Another process, which looks more often."""
    async with gateway(settings, tmp_path, events_poll_seconds=0.2) as running:
        yield running


@pytest.fixture
async def network(database: Database, settings: Settings) -> AsyncIterator[Network]:
    own = msgspec.structs.replace(settings, handling_seconds=0, transit_seconds=0)
    async with Network(database, own) as network:
        yield network


async def deliver_all(network: Network, *, pause: float = 0) -> None:
    await network.relay()
    while network.waiting:
        await network.deliver(0)
        await asyncio.sleep(pause)


async def bring_to_its_end(network: Network, *, pause: float = 0) -> None:
    await deliver_all(network, pause=pause)
    await network.tick("dispatch")
    await deliver_all(network, pause=pause)
    await network.tick("deliver")
    await deliver_all(network, pause=pause)


def said(events: list[Event]) -> Counter[str]:
    return Counter(str(sorted(event.entry.items())) for event in events if event.name != "message.waiting")


def told(items: list[dict[str, Any]]) -> Counter[str]:
    return Counter(str(sorted(item.items())) for item in items if item["kind"] != "message.waiting")


async def test_an_order_is_followed_live_to_its_end(door: Door, first: Gateway, network: Network) -> None:
    order = (await door.order())["id"]
    async with first.follow(order) as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        [accepted] = await stream.take(1)
        assert (accepted.name, accepted.entry["kind"]) == ("order.accepted", "order.accepted")
        reading = asyncio.create_task(stream.rest())
        await bring_to_its_end(network, pause=0.02)
        events = [accepted, *await reading]
    kinds = [event.name for event in events]
    assert {"message.handled", "reservation.held", "payment.charged", "shipment.delivered"} <= set(kinds)
    assert "order.delivered" in kinds[-8:]
    assert len({event.id for event in events}) == len(events)
    assert said(events) <= told(await first.timeline(order))


async def test_it_comes_when_it_happens(door: Door, first: Gateway) -> None:
    order = (await door.order())["id"]
    async with first.follow(order) as stream:
        await stream.take(1)
        await asyncio.sleep(1.2)
        asked = asyncio.get_running_loop().time()
        await door.http.delete(f"/orders/{order}")
        [requested] = await stream.take(1)
        took = asyncio.get_running_loop().time() - asked
    assert requested.name == "order.cancellation_requested"
    assert took < 0.5, "it is announced, and not found by looking"


@pytest.mark.parametrize("every", [1, 3, 7])
async def test_it_goes_on_anywhere_without_gap_or_repetition(
    door: Door, first: Gateway, second: Gateway, network: Network, every: int
) -> None:
    order = (await door.order())["id"]
    life = asyncio.create_task(bring_to_its_end(network, pause=0.03))
    events: list[Event] = []
    gateways = [first, second]
    for turn in range(200):
        async with gateways[turn % 2].follow(order, events[-1].id if events else None) as stream:
            if stream.answer.status_code == 204:
                break
            try:
                events += await stream.take(every)
            except StopAsyncIteration:
                events += await _what_was_left(gateways[turn % 2], order, events)
    await life
    async with first.follow(order, events[-1].id) as stream:
        events += [] if stream.answer.status_code == 204 else await stream.rest()
    assert said(events) == told(await first.timeline(order))


async def _what_was_left(at: Gateway, order: str, events: list[Event]) -> list[Event]:
    async with at.follow(order, events[-1].id) as stream:
        return [] if stream.answer.status_code == 204 else await stream.rest()


async def test_a_cancel_is_followed_to_its_end(door: Door, first: Gateway, network: Network) -> None:
    order = (await door.order())["id"]
    await deliver_all(network)
    async with first.follow(order) as stream:
        await door.http.delete(f"/orders/{order}")
        reading = asyncio.create_task(stream.rest())
        await deliver_all(network, pause=0.02)
        events = await reading
    confirmed = [event for event in events if event.entry["detail"].get("status") == "CANCELLED"]
    assert len(confirmed) == 1
    kinds = {event.name for event in events}
    assert {"order.cancellation_requested", "shipment.stopped", "reservation.released", "payment.refunded"} <= kinds


async def test_what_commits_late_is_sent_all_the_same(door: Door, first: Gateway, database: Database) -> None:
    order = (await door.order())["id"]
    add = text("""INSERT INTO post.receipt (consumer, message_id, subject) VALUES ('Toy_Late', :id, :order)""")
    async with first.follow(order) as stream:
        [accepted] = await stream.take(1)
        async with database.transaction() as late:
            await late.execute(add, {"id": uuid4(), "order": UUID(order)})
            await door.http.delete(f"/orders/{order}")
            [requested] = await stream.take(1)
        [handled] = await stream.take(1)
    assert (requested.name, handled.name) == ("order.cancellation_requested", "message.handled")
    assert handled.entry["at"] < requested.entry["at"], "it began before what was sent before it"
    async with first.follow(order, accepted.id) as stream:
        names = {event.name for event in await stream.take(2)}
    assert names == {"order.cancellation_requested", "message.handled"}


async def test_the_end_is_the_end(door: Door, first: Gateway) -> None:
    order = (await door.order(submit=False))["id"]
    await door.http.delete(f"/orders/{order}")
    async with first.follow(order) as stream:
        events = await stream.rest()
    assert [event.name for event in events] == ["order.accepted", "order.discarded"]
    async with first.follow(order, events[0].id) as stream:
        assert [event.name for event in await stream.rest()] == ["order.discarded"]
    async with first.follow(order, events[1].id) as stream:
        assert stream.answer.status_code == 204, "or a browser would ask for ever"


async def test_errors_come_before_the_stream(door: Door, first: Gateway) -> None:
    order = (await door.order())["id"]
    assert problem(await first.http.get(f"/orders/{uuid4()}/events"), 404) == {}
    assert problem(await first.http.get("/orders/1/events"), 400) == {"/id": "Invalid UUID"}
    answer = await first.http.get(f"/orders/{order}/events", headers={"Last-Event-ID": "12"})
    assert problem(answer, 400) == {"/Last-Event-ID": "This is not the id of an event"}
