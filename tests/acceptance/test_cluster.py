"""Three brokers: the one that leads dies or is cut off while orders are placed, and comes back; no order is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ops.audit import audit, opened
from ops.local.cluster import SIZE, Cluster
from tests.support.auditing import impatient
from tests.support.processes import EVERYTHING, Fleet, fleet
from tests.support.servers import private_cluster
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.runtime.settings import Settings

QUEUE = "Stock_OrderCreated"
ORDERS = 40
PATIENCE = 150


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with private_cluster("three") as running:
        yield running


@pytest.fixture
async def clustered(cluster: Cluster, database_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    settings = Settings(
        database_url=database_url,
        amqp_url=cluster.amqp_url,
        management_url=cluster.management_url,
        heartbeat_seconds=5,
        relay_lease_seconds=20,
    )
    async with fleet(settings, tmp_path) as made:
        yield made


async def whole(cluster: Cluster) -> bool:
    return await asyncio.to_thread(lambda: all(cluster.sees(node) == SIZE for node in cluster.nodes))


async def under_load(shop: Shop, *events: Callable[[], object]) -> list[str]:
    """Place orders while something happens, and for a while afterwards; return them when all have ended well."""
    happening = asyncio.create_task(happen(*events))
    orders: list[str] = []
    while not happening.done() or len(orders) < ORDERS:
        orders += await shop.orders(10)
        await asyncio.sleep(0.2)
    await happening
    assert Counter((await shop.all_ended(orders, seconds=PATIENCE)).values()) == {"DELIVERED": len(orders)}
    return orders


async def happen(*events: Callable[[], object]) -> None:
    for event in events:
        await asyncio.to_thread(event)


async def test_no_order_is_lost_when_the_leaders_node_is_killed_or_cut_off_and_comes_back(
    clustered: Fleet, cluster: Cluster
) -> None:
    await clustered.start(*EVERYTHING)
    shop = await Shop.open(clustered, stock=10_000)

    killed = await asyncio.to_thread(cluster.leader_of, QUEUE)
    orders = await under_load(shop, killed.kill)
    orders += await under_load(shop, killed.start)
    await eventually(lambda: whole(cluster), what="the node that was killed to be back", seconds=PATIENCE, every=1)

    alone = await asyncio.to_thread(cluster.leader_of, QUEUE)
    orders += await under_load(shop, lambda: cluster.part(alone))
    orders += await under_load(shop, lambda: cluster.rejoin(alone))
    await eventually(lambda: whole(cluster), what="the node that was cut off to be back", seconds=PATIENCE, every=1)

    async with opened(impatient(clustered.settings)) as books:

        async def is_clean() -> bool:
            return (await audit(books)).ok

        await eventually(is_clean, what="an audit without a finding")
    assert await shop.stock() == (10_000 - len(orders), 0)
