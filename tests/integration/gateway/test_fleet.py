"""The fleet as the gateway shows it: every queue and process, and what cannot be asked is said to be unknown."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aio_pika.abc import AbstractIncomingMessage
from sqlalchemy import text
from uuid_utils.compat import uuid7

from gateway.app import create_app
from gateway.surveyor import Surveyor
from messages.post import failures
from messages.post.failures import Failure
from messages.post.topology import DEAD, UNROUTED, WORK
from messages.post.wire import properties
from ops.dead.offices import opened
from ops.survey import FleetView, Survey, management
from ops.survey.survey import QUEUES
from ops.topology import declare
from tests.integration.gateway.door import Door, open_door
from tests.support.broker import Broker
from tests.support.toy import ping
from tests.support.waiting import eventually
from workers.fleet import fleet_topology
from workers.runtime import pauses, processes
from workers.runtime.database import Database
from workers.runtime.processes import Process
from workers.runtime.settings import Settings
from workers.runtime.waiting import Waiting

QUEUE = "Stock_OrderCreated"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def queue(fleet: Any, name: str = QUEUE) -> dict[str, Any]:
    [found] = [each for each in fleet["queues"] if each["name"] == name]
    return dict(found)


@pytest.fixture
async def whole(fleet_settings: Settings) -> AsyncIterator[Door]:
    """A gateway with a broker and a database."""
    await declare(fleet_settings, fleet_topology())
    async with open_door(create_app(fleet_settings)) as door:
        yield door


async def send(broker: Broker, exchange: str, key: str, times: int = 1) -> None:
    for _ in range(times):
        envelope = ping()
        await broker.send_raw(bytes(envelope.body), properties(envelope), exchange=exchange, key=key)


async def test_queues_are_counted_wherever_their_messages_are(whole: Door, broker: Broker, database: Database) -> None:
    await send(broker, WORK, QUEUE, 3)
    await send(broker, DEAD, QUEUE, 2)
    await send(broker, UNROUTED, "anything")
    async with database.transaction() as tx:
        await tx.execute(_LETTER, {"id": uuid7(), "fingerprint": uuid4(), "queue": QUEUE, "status": "dead"})
        await tx.execute(_LETTER, {"id": uuid7(), "fingerprint": uuid4(), "queue": QUEUE, "status": "dropped"})
        await tx.execute(_LETTER, {"id": uuid7(), "fingerprint": uuid4(), "queue": "Gone_Ping", "status": "dead"})
        await failures.record(tx, [_failure("retry.10m"), _failure("retry.10m"), _failure(None), _failure("retry.1s")])
        await tx.execute(text("UPDATE post.failure SET at = now() - interval '1 minute' WHERE rung = 'retry.1s'"))
        await pauses.pause(tx, QUEUE, by="ada", why="a look")

    async def counted() -> Any:
        seen = await whole.get("/fleet")
        return seen if queue(seen)["ready"] == 3 and queue(seen, "unrouted.dead")["dead"] == 1 else None

    fleet = await eventually(counted, what="the management API to have counted", seconds=40, every=0.5)
    found = queue(fleet)
    pause = found.pop("pause")
    assert found == {
        "name": QUEUE,
        "room": "stock",
        "ready": 3,
        "unacked": 0,
        "rate": 0.0,
        "consumers": 0,
        "retrying": 2,
        "dead": 3,
        "paused": True,
    }
    assert (pause["by"], pause["why"]) == ("ada", "a look")
    assert (fleet["status"], fleet["problems"]) == ("up", [])
    assert queue(fleet, "Gone_Ping")["dead"] == 1
    assert {each["name"] for each in fleet["queues"]} == {*QUEUES, "Gone_Ping", "unrouted.dead"}
    assert {rung["name"]: rung["messages"] for rung in fleet["rungs"]}["retry.1s"] == 0


async def test_consumers_and_the_rate_are_the_brokers(whole: Door, broker: Broker) -> None:
    async def settle(message: AbstractIncomingMessage) -> None:
        await message.ack()

    async def drip() -> None:
        source = await broker._channel.get_queue(QUEUE, ensure=False)
        await source.consume(settle)
        while True:
            await send(broker, WORK, QUEUE, 10)
            await asyncio.sleep(0.1)

    dripping = asyncio.create_task(drip())

    async def told() -> bool:
        found = queue(await whole.get("/fleet"))
        return bool(found["rate"] and found["consumers"] == 1)

    await eventually(told, what="a consumer and a rate", seconds=30, every=0.5)
    dripping.cancel()


async def test_processes_say_what_they_wait_for_and_the_silent_are_gone(whole: Door, database: Database) -> None:
    waiting = Waiting(what="provider", since=_long_ago(), error="Outage: away")
    silent, waits = _process("payment", {"Payment_StockReserved": waiting}), _process("stock", {})
    async with database.transaction() as tx:
        await processes.announce(tx, silent)
        await processes.announce(tx, waits)
        await tx.execute(
            text("UPDATE operations.process SET seen_at = now() - interval '1 minute' WHERE room = 'stock'")
        )
    seen = {each["room"]: each for each in (await whole.get("/fleet"))["processes"]}
    assert {"payment": seen["payment"]["gone"], "stock": seen["stock"]["gone"]} == {"payment": False, "stock": True}
    assert seen["payment"]["waiting"] == [
        {
            "part": "Payment_StockReserved",
            "what": "provider",
            "since": "2026-01-31T12:00:00Z",
            "error": "Outage: away",
            "by": None,
            "why": None,
        }
    ]
    assert {name: seen["payment"][name] for name in ("pid", "host", "busy", "memory")} == {
        "pid": 7,
        "host": "here",
        "busy": 0.5,
        "memory": 1000,
    }


async def test_the_gateway_is_a_process_too_and_says_when_it_ends(fleet_settings: Settings, database: Database) -> None:
    async with open_door(create_app(fleet_settings)) as door:

        async def there() -> bool:
            return "gateway" in {each["room"] for each in (await door.get("/fleet"))["processes"]}

        await eventually(there, what="the gateway", every=0.3)
    async with database.transaction() as tx:
        assert await processes.present(tx) == []


async def test_without_a_management_api_the_rest_is_told(door: Door) -> None:
    fleet = await door.get("/fleet")
    assert fleet["status"] == "degraded"
    [problem] = fleet["problems"]
    assert problem.startswith("RabbitMQ's management API at 127.0.0.1:1 cannot be reached: ")
    found = queue(fleet)
    assert {name for name, value in found.items() if value is None} >= {"ready", "unacked", "rate", "consumers", "dead"}
    assert (found["retrying"], found["paused"]) == (0, False)
    assert all(rung["messages"] is None for rung in fleet["rungs"])


async def test_without_a_database_the_rest_is_told(fleet_settings: Settings) -> None:
    await declare(fleet_settings, fleet_topology())
    apart = Settings(
        database_url=NOWHERE, amqp_url=fleet_settings.amqp_url, management_url=fleet_settings.management_url
    )
    async with open_door(create_app(apart)) as door:

        async def counted() -> Any:
            seen = await door.get("/fleet")
            return seen if queue(seen)["ready"] is not None else None

        fleet = await eventually(counted, what="the management API to have counted", every=0.5)
    assert fleet["status"] == "degraded"
    assert [problem.partition(":")[0] for problem in fleet["problems"]] == [
        "the operations' database cannot be asked",
        "a room's database cannot be asked",
    ]
    found = queue(fleet)
    assert found["ready"] == 0
    assert {name for name, value in found.items() if value is None} >= {"retrying", "dead", "paused"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(401), "answers 401"),
        (httpx.Response(200, text="<html>"), "says what nobody understands"),
        (httpx.Response(200, json={"error": "not_found"}), "says what nobody understands"),
    ],
)
async def test_an_answer_that_is_none_is_a_problem_and_no_error(answer: httpx.Response, said: str) -> None:
    look = management.Management(Settings())
    look._client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))
    with pytest.raises(management.Unanswered, match=said):
        await look.queues()
    await look.close()


async def test_a_queue_that_was_just_declared_has_no_numbers_yet() -> None:
    look = management.Management(Settings())
    answer = httpx.Response(200, json=[{"name": QUEUE, "message_stats": []}, {"name": "retry.1s"}])
    look._client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))
    depth = (await look.queues())[QUEUE]
    assert (depth.messages_ready, depth.messages, depth.rate) == (None, 0, 0.0)
    await look.close()


async def test_many_who_ask_cost_one_look(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = Survey.look

    async def counted(self: Survey) -> FleetView:
        nonlocal looks
        looks += 1
        return await look(self)

    monkeypatch.setattr(Survey, "look", counted)
    await asyncio.gather(*(door.get("/fleet") for _ in range(50)))
    assert looks == 1


async def test_a_look_is_not_kept_for_long(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[FleetView] = []

    class Looking(Survey):
        async def look(self) -> FleetView:
            looks.append(await super().look())
            return looks[-1]

    monkeypatch.setattr("gateway.surveyor.FRESH_SECONDS", 0.2)
    async with opened(settings) as offices:
        surveyor = Surveyor(Looking(offices.room, settings))
        first = await surveyor.look()
        assert await surveyor.look() is first
        await asyncio.sleep(0.21)
        assert await surveyor.look() is not first
        surveyor.forget()
        assert await surveyor.look() is looks[2]
        await surveyor.close()


def _long_ago() -> datetime:
    return datetime(2026, 1, 31, 12, tzinfo=UTC)


def _process(room: str, waiting: dict[str, Waiting]) -> Process:
    return Process(
        id=uuid7(), room=room, host="here", pid=7, started_at=_long_ago(), busy=0.5, memory=1000, waiting=waiting
    )


def _failure(rung: str | None) -> Failure:
    return Failure(
        subject=uuid4(),
        consumer=QUEUE,
        message_id=uuid4(),
        type="order.created",
        attempt=1,
        error="no luck",
        rung=rung,
        reason=None if rung else "exhausted",
    )


_LETTER = text("""
    INSERT INTO operations.dead_letter (id, fingerprint, queue, found_in, reason, error, pattern, attempts,
                                        first_failed_at, last_failed_at, properties, body, status)
    VALUES (:id, :fingerprint, :queue, 'x.dead', 'exhausted', 'no', 'no', 6, now(), now(), '{}', '', :status)
""")
