"""Killed, stopped and cut off: one effect each, and nothing given back that was in hand."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from ops.local.rabbitmq import RabbitMQ
from tests.support.broker import Broker
from tests.support.processes import EVERYTHING, WORKERS, Fleet, fleet
from tests.support.servers import private_rabbitmq
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import Settings

QUEUE = "Stock_OrderCreated"
_CHARGES = "SELECT count(*) FROM payment.simulated_charge WHERE status = 'CHARGED'"
_MOST_OF_A_KIND = 'SELECT max(n) FROM (SELECT count(*) AS n FROM "order".event GROUP BY order_id, kind) AS events'


async def scalar(database: Database, statement: str) -> int:
    async with database.transaction() as tx:
        found: int = (await tx.execute(text(statement))).scalar_one()
    return found


async def sent(broker: Broker, queue: str, count: int) -> bool:
    return await broker.depth(queue) >= count


async def test_a_worker_told_to_stop_under_load_gives_nothing_back(
    running: Fleet, broker: Broker, database: Database
) -> None:
    running.settings = msgspec.structs.replace(running.settings, batch_size=5, prefetch=50)
    await running.start("gateway", "relay")
    shop = await Shop.open(running, stock=5000)
    await shop.orders(1000)
    await eventually(lambda: sent(broker, QUEUE, 1000), what="1000 messages to work on")
    await running.start("stock")
    await eventually(lambda: scalar(database, "SELECT count(*) FROM stock.reservation"), what="the first reservation")
    assert await running.stop("stock") == {"stock": 0}
    left = await broker.take(QUEUE, await broker.depth(QUEUE))
    assert left, "the worker had finished everything: this test has shown nothing"
    assert not [message.message_id for message in left if message.redelivered]
    assert await scalar(database, "SELECT count(*) FROM stock.reservation") == 1000 - len(left)
    assert await broker.depth("Payment_StockReserved") == 1000 - len(left)


@pytest.mark.parametrize("point", ["commit-publish", "publish-ack"])
async def test_a_worker_killed_before_its_acknowledgement_has_one_effect(
    running: Fleet, database: Database, point: str
) -> None:
    rest = [name for name in EVERYTHING if name != "stock"]
    await running.start(*rest)
    shop = await Shop.open(running, stock=100)
    orders = await shop.orders(10)
    await running.crash("stock", point)
    assert await scalar(database, "SELECT count(*) FROM stock.reservation") > 0
    await running.start("stock")
    assert set((await shop.all_ended(orders)).values()) == {"DELIVERED"}
    await eventually(lambda: _is(shop, (90, 0)), what="ten sold, once each")
    assert (
        await scalar(database, 'SELECT max(n) FROM (SELECT count(*) n FROM "order".event GROUP BY order_id, kind) x')
        == 1
    )
    assert await scalar(database, _CHARGES) == 10


async def test_a_worker_killed_after_the_provider_was_paid_charges_once(running: Fleet, database: Database) -> None:
    await running.start(*(name for name in EVERYTHING if name != "payment"))
    shop = await Shop.open(running)
    order = await shop.order(quantity=3)
    await running.crash("payment", "call-settle")
    assert await scalar(database, "SELECT count(*) FROM payment.payment WHERE status = 'PENDING'") == 1
    await running.start("payment")
    assert (await shop.ended(order))["status"] == "DELIVERED"
    assert (
        await scalar(database, "SELECT sum(amount) FROM payment.simulated_charge WHERE status = 'CHARGED'") == 3 * 450
    )
    assert await scalar(database, "SELECT sum(calls) FROM payment.simulated_charge") == 2


async def test_killed_workers_of_every_kind_under_load_lose_and_repeat_nothing(
    running: Fleet, database: Database
) -> None:
    await running.start(*EVERYTHING)
    shop = await Shop.open(running, stock=1000)
    ordering = asyncio.create_task(shop.orders(300))
    for name in (*WORKERS, "relay"):
        await running.kill(name)
        await running.start(name)
    states = await shop.all_ended(await ordering, seconds=90)
    assert Counter(states.values()) == {"DELIVERED": 300}
    await eventually(lambda: _is(shop, (700, 0)), what="300 sold")
    assert await scalar(database, _CHARGES) == 300


@pytest.fixture
async def own_broker(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[RabbitMQ, Fleet]]:
    with private_rabbitmq("own") as rabbitmq:
        settings = Settings(
            database_url=database_url, amqp_url=rabbitmq.amqp_url, management_url=rabbitmq.management_url
        )
        async with fleet(settings, tmp_path) as made:
            yield rabbitmq, made


async def test_orders_are_taken_while_the_broker_is_down_and_go_on_when_it_is_back(
    own_broker: tuple[RabbitMQ, Fleet],
) -> None:
    rabbitmq, running = own_broker
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    before = await shop.orders(50)
    await asyncio.to_thread(rabbitmq.stop)
    during = await shop.orders(50)
    assert (await running.get("/health/ready"))["status"] == "degraded"
    await asyncio.to_thread(rabbitmq.start)
    states = await shop.all_ended(before + during, seconds=90)
    assert Counter(states.values()) == {"DELIVERED": 100}
    await eventually(lambda: _is(shop, (900, 0)), what="a hundred sold")


async def test_a_broker_that_was_killed_under_load_costs_no_order(own_broker: tuple[RabbitMQ, Fleet]) -> None:
    rabbitmq, running = own_broker
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    ordering = asyncio.create_task(shop.orders(200))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(rabbitmq.kill)
    await asyncio.to_thread(rabbitmq.start)
    states = await shop.all_ended(await ordering, seconds=90)
    assert Counter(states.values()) == {"DELIVERED": 200}
    await eventually(lambda: _is(shop, (800, 0)), what="200 sold")


async def _is(shop: Shop, wanted: tuple[int, int]) -> bool:
    return await shop.stock() == wanted
