"""How soon the fleet is itself again: after silence, a restart or a kill, and while everything is restarted."""

import asyncio
import os
from collections import Counter

import httpx
import msgspec
from sqlalchemy import text

from ops.local.rabbitmq import RabbitMQ
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.processes import EVERYTHING, WORKERS, Fleet
from tests.support.servers import freeze, thaw
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.fleet import ROOMS, fleet_topology
from workers.runtime.database import Database

NOTICED_SECONDS = 35
BACK_SECONDS = 15
TAKEN_OVER_SECONDS = 30
ROLLS = int(os.environ.get("ORDERFLEET_TEST_ROLLS", "2"))
QUEUES = sorted(queue for room in ROOMS.values() for queue in room.handlers)
_WAITING = text("SELECT count(*) FROM post.outbox")


async def is_ready(running: Fleet, *names: str) -> bool:
    async with httpx.AsyncClient() as client:
        ports = [running.processes[name].port for name in names]
        answers = await asyncio.gather(*(client.get(f"http://127.0.0.1:{port}/health/ready") for port in ports))
    return all(answer.is_success for answer in answers)


async def is_nobody_ready(running: Fleet, *names: str) -> bool:
    return not any([await is_ready(running, name) for name in names])


async def test_half_open_connections_are_noticed_by_every_process(own_broker: tuple[RabbitMQ, Fleet]) -> None:
    rabbitmq, running = own_broker
    running.settings = msgspec.structs.replace(running.settings, heartbeat_seconds=10)
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    freeze(rabbitmq)
    try:
        order = await shop.order()
        deaf = (*WORKERS, "relay")
        await eventually(
            lambda: is_nobody_ready(running, *deaf), what="the silence to be noticed", seconds=NOTICED_SECONDS
        )
    finally:
        thaw(rabbitmq)
    assert (await shop.ended(order))["status"] == "DELIVERED"


async def test_everybody_is_back_soon_after_the_broker_is(own_broker: tuple[RabbitMQ, Fleet]) -> None:
    rabbitmq, running = own_broker
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    await asyncio.to_thread(rabbitmq.stop)
    order = await shop.order()
    await asyncio.to_thread(rabbitmq.start)
    everybody = (*WORKERS, "relay")
    await eventually(lambda: is_ready(running, *everybody), what="everybody to be back", seconds=BACK_SECONDS)
    assert (await shop.ended(order))["status"] == "DELIVERED"


async def test_what_a_killed_relay_had_claimed_is_sent_by_the_next(
    running: Fleet, broker: Broker, database: Database
) -> None:
    await running.start("gateway")
    shop = await Shop.open(running)
    told = await waiting(database)
    await shop.orders(5)
    await running.crash("relay", "commit-publish")
    assert await waiting(database) == told + 5
    await running.start("relay")
    await eventually(lambda: has(broker, "Stock_OrderCreated", 5), what="the claimed", seconds=TAKEN_OVER_SECONDS)
    await eventually(lambda: is_sent(database), what="an empty outbox")


async def test_the_whole_fleet_restarted_under_load_buries_nothing_and_gives_nothing_back(
    running: Fleet, broker: Broker
) -> None:
    await running.start(*EVERYTHING)
    shop = await Shop.open(running, stock=100_000)
    rolling = asyncio.create_task(roll(running, ROLLS))
    orders: list[str] = []
    while not rolling.done():
        orders += await place(shop)
    assert await rolling == {0}
    assert orders
    assert Counter((await shop.all_ended(orders, seconds=120)).values()) == {"DELIVERED": len(orders)}
    await eventually(lambda: acknowledged(broker, len(orders)), what="the broker's statistics")
    await eventually(lambda: is_each_delivered_once(broker), what="each message to have been delivered once")
    for queue in fleet_topology().dead:
        assert await broker.depth(queue) == 0, queue


async def test_every_policy_changed_under_load_loses_nothing(running: Fleet, broker: Broker) -> None:
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    ordering = asyncio.create_task(shop.orders(150))
    slow = await shop.orders(5, method="tok_timeout")  # these wait on rungs meanwhile
    for _ in range(5):
        await broker.delete_policies()
        await asyncio.sleep(0.2)
        await declare(running.settings, fleet_topology())
    orders = [*await ordering, *slow]
    assert Counter((await shop.all_ended(orders, seconds=120)).values()) == {"DELIVERED": 155}


async def roll(running: Fleet, times: int) -> set[int]:
    """Stop and start every process in turn, and return the exit codes; the gateway takes orders and stays."""
    codes: set[int] = set()
    for _ in range(times):
        for name in (*WORKERS, "relay"):
            codes |= set((await running.stop(name)).values())
            await running.start(name)
    return codes


async def statistics(broker: Broker, queue: str) -> dict[str, int]:
    found: dict[str, int] = (await broker.queue(queue)).get("message_stats", {})
    return found


async def is_each_delivered_once(broker: Broker) -> bool:
    """Tell whether no worker was handed what another had held.

    The broker's own count of redeliveries would not: it has also what it had assigned to a consumer, and not yet sent,
    when that one was cancelled.
    """
    counts = [await statistics(broker, queue) for queue in QUEUES]
    return all(found.get("deliver", 0) == found.get("ack", 0) for found in counts)


async def acknowledged(broker: Broker, count: int) -> bool:
    return (await statistics(broker, "Order_OrderDelivered")).get("ack", 0) >= count


async def place(shop: Shop) -> list[str]:
    placed = await shop.orders(10)
    await asyncio.sleep(0.3)
    return placed


async def waiting(database: Database) -> int:
    async with database.transaction() as tx:
        return int((await tx.execute(_WAITING)).scalar_one())


async def is_sent(database: Database) -> bool:
    return await waiting(database) == 0


async def has(broker: Broker, queue: str, count: int) -> bool:
    return await broker.depth(queue) >= count
