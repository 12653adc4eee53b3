"""A pause outlives everything but its end: workers that are restarted, and a broker that is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ops.local.rabbitmq import RabbitMQ
from tests.support.broker import Broker
from tests.support.processes import EVERYTHING, Fleet, fleet
from tests.support.servers import private_rabbitmq
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.runtime.settings import Settings

QUEUE = "Payment_StockReserved"


@pytest.fixture
async def apart(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[RabbitMQ, Fleet]]:
    with private_rabbitmq("paused") as rabbitmq:
        settings = Settings(
            database_url=database_url, amqp_url=rabbitmq.amqp_url, management_url=rabbitmq.management_url
        )
        async with fleet(settings, tmp_path) as made:
            yield rabbitmq, made


async def waiting(running: Fleet, room: str) -> dict[str, Any]:
    """Return what the one process of a room that is there waits for."""
    processes = [each for each in (await running.get("/fleet"))["processes"] if each["room"] == room]
    return {wait["part"]: wait for each in processes if not each["gone"] for wait in each["waiting"]}


async def test_a_pause_outlives_workers_and_broker_and_then_everything_goes_on(apart: tuple[RabbitMQ, Fleet]) -> None:
    rabbitmq, running = apart
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    answer = await running.http.post(f"/queues/{QUEUE}/pause", json={"by": "ada", "why": "a look"})
    assert answer.status_code == 200
    await eventually(lambda: _is_paused(running), what="the worker to say that it is paused", every=0.5)
    orders = await shop.orders(20)
    await eventually(lambda: _wait(rabbitmq, 20), what="twenty messages that wait")

    await running.kill("payment")
    await running.start("payment")
    await asyncio.to_thread(rabbitmq.stop)
    await asyncio.to_thread(rabbitmq.start)
    await eventually(lambda: _is_paused(running), what="the new worker to be paused", every=0.5)
    await running.processes["payment"].ready()
    later = await shop.orders(5)
    await eventually(lambda: _wait(rabbitmq, 25), what="all of them to wait", seconds=60)

    assert (await running.http.post(f"/queues/{QUEUE}/resume")).status_code == 200
    assert Counter((await shop.all_ended(orders + later, seconds=90)).values()) == {"DELIVERED": 25}
    assert {each["room"] for each in (await running.get("/fleet"))["processes"]} >= {*EVERYTHING}


async def _is_paused(running: Fleet) -> bool:
    wait = (await waiting(running, "payment")).get(QUEUE, {})
    return (wait.get("what"), wait.get("by")) == ("pause", "ada")


async def _wait(rabbitmq: RabbitMQ, messages: int) -> bool:
    async with Broker.open(rabbitmq.amqp_url, rabbitmq.management_url) as broker:
        return await broker.depth(QUEUE) == messages
