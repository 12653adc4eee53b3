import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Message
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from tests.support.waiting import eventually
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.shipping import agents, views
from workers.shipping.handlers import room

PREPARE = room.handlers["Shipping_PaymentCompleted"]
_BUSY = text("SELECT name, busy FROM shipping.agent ORDER BY name")
_BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")
_IN_ORDER = text("SELECT id FROM unnest(cast(:ids AS uuid[])) AS id ORDER BY hashtext(cast(id AS text))")
_UNDER_WAY = text("""
    SELECT a.name, count(*) FROM shipping.shipment s JOIN shipping.agent a ON a.id = s.agent_id
     WHERE s.status <> 'DELIVERED' GROUP BY 1 ORDER BY 1
""")


def paid(order: UUID | None = None) -> PaymentCompleted:
    return PaymentCompleted(order_id=order or uuid7(), payment_id=uuid7(), amount=1, currency="EUR")


class Shipping:
    """The room's handler and timers, each in a transaction of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = replace(settings, handling_seconds=0, transit_seconds=0)

    async def agents(self, *names: str) -> None:
        async with self.database.transaction() as tx:
            for name in names:
                await agents.add(tx, name)

    async def prepare(self, *messages: PaymentCompleted) -> None:
        async with self.database.transaction() as tx:
            await PREPARE.work(Batch(messages), tx, self.settings)

    async def tick(self, timer: str, limit: int = 100) -> Sequence[Message]:
        async with self.database.transaction() as tx:
            said: Sequence[Message] = await room.timers[timer].work(tx, limit, self.settings)
        return said

    async def shipment(self, order: UUID) -> views.Shipment:
        async with self.database.transaction() as tx:
            [found] = await views.page(tx, limit=2, order_id=order)
        return found

    async def rows(self, statement: Any) -> list[tuple[Any, ...]]:
        async with self.database.transaction() as tx:
            return [tuple(row) for row in await tx.execute(statement)]


@pytest.fixture
def shipping(database: Database, settings: Settings) -> Shipping:
    return Shipping(database, settings)


async def test_an_order_is_prepared_dispatched_and_delivered(shipping: Shipping) -> None:
    await shipping.agents("Ada")
    message = paid()
    await shipping.prepare(message)
    prepared = await shipping.shipment(message.order_id)
    assert (prepared.status, prepared.tracking_number) == ("PREPARING", None)
    assert prepared.agent is not None
    assert prepared.agent.name == "Ada"

    [shipped] = await shipping.tick("dispatch")
    under_way = await shipping.shipment(message.order_id)
    assert under_way.tracking_number
    assert shipped == OrderShipped(
        order_id=message.order_id, shipment_id=prepared.id, tracking_number=under_way.tracking_number
    )
    assert await shipping.rows(_BUSY) == [("Ada", 1)]

    assert await shipping.tick("deliver") == [OrderDelivered(order_id=message.order_id, shipment_id=prepared.id)]
    ended = await shipping.shipment(message.order_id)
    assert [event.status for event in ended.history] == ["PREPARING", "IN_TRANSIT", "DELIVERED"]
    assert await shipping.rows(_BUSY) == [("Ada", 0)]
    assert [*await shipping.tick("dispatch"), *await shipping.tick("deliver")] == []


async def test_nothing_leaves_before_its_time(shipping: Shipping) -> None:
    shipping.settings = replace(shipping.settings, handling_seconds=60, transit_seconds=60)
    await shipping.prepare(paid())
    assert await shipping.tick("dispatch") == []
    shipping.settings = replace(shipping.settings, handling_seconds=0)
    await shipping.prepare(paid())
    assert len(await shipping.tick("dispatch")) == 1
    assert await shipping.tick("deliver") == []


async def test_agents_are_balanced_within_and_across_sets_and_workers(shipping: Shipping) -> None:
    await shipping.agents("Ada", "Bob", "Cy")
    await asyncio.gather(*(shipping.prepare(*(paid() for _ in range(7))) for _ in range(10)))
    counts = [busy for _, busy in await shipping.rows(_BUSY)]
    assert sum(counts) == 70
    assert max(counts) - min(counts) <= 1
    assert await shipping.rows(_BUSY) == await shipping.rows(_UNDER_WAY)


async def test_more_agents_than_orders(shipping: Shipping) -> None:
    await shipping.agents(*(f"agent {n:02}" for n in range(20)))
    for _ in range(4):
        await shipping.prepare(*(paid() for _ in range(5)))
    assert {busy for _, busy in await shipping.rows(_BUSY)} == {1}


async def test_without_agents_a_shipment_goes_on(shipping: Shipping) -> None:
    message = paid()
    await shipping.prepare(message)
    assert (await shipping.shipment(message.order_id)).agent is None
    assert len(await shipping.tick("dispatch")) == 1
    assert len(await shipping.tick("deliver")) == 1


async def test_overlapping_sets_without_agents_do_not_deadlock(shipping: Shipping) -> None:
    messages = [paid() for _ in range(150)]
    await asyncio.gather(*(shipping.prepare(*(messages if n % 2 else messages[::-1])) for n in range(8)))
    assert len(await shipping.tick("dispatch", 200)) == 150


async def test_sets_are_written_in_one_order_however_they_came(shipping: Shipping) -> None:
    async with shipping.database.transaction() as tx:
        low, high = [paid(order) for order in (await tx.execute(_IN_ORDER, {"ids": [uuid7(), uuid7()]})).scalars()]

    async def are_blocked(number: int) -> bool:
        return await shipping.rows(_BLOCKED) == [(number,)]

    async with shipping.database.transaction() as tx:
        await PREPARE.work(Batch([high]), tx, shipping.settings)
        both = asyncio.create_task(shipping.prepare(high, low))
        await eventually(lambda: are_blocked(1), seconds=5)
        last = asyncio.create_task(shipping.prepare(low))
        await eventually(lambda: are_blocked(2), what="low, claimed before high", seconds=5)
    await asyncio.gather(both, last)


async def test_an_order_has_one_shipment_whatever_is_said_again(shipping: Shipping) -> None:
    await shipping.agents("Ada", "Bob")
    orders = [uuid7() for _ in range(10)]
    sets = [[paid(order) for order in orders], [paid(order) for order in orders[::-1]]]
    await asyncio.gather(*(shipping.prepare(*messages) for messages in sets * 3))
    assert [busy for _, busy in await shipping.rows(_BUSY)] == [5, 5]
    shipped = await shipping.tick("dispatch")
    await shipping.prepare(*sets[0])
    assert sorted(message.subject for message in shipped) == orders
    assert await shipping.tick("dispatch") == []


async def test_workers_share_what_is_due_and_free_agents_exactly(shipping: Shipping) -> None:
    await shipping.agents("Ada", "Bob", "Cy")
    await shipping.prepare(*(paid() for _ in range(60)))
    shipped = await asyncio.gather(*(shipping.tick("dispatch", 15) for _ in range(4)))
    assert len({message.subject for part in shipped for message in part}) == sum(map(len, shipped))
    while await shipping.tick("dispatch"):
        pass
    delivering = (shipping.tick("deliver", 10) for _ in range(4))
    preparing = (shipping.prepare(*(paid() for _ in range(5))) for _ in range(4))
    await asyncio.gather(*delivering, *preparing)
    under_way = dict(await shipping.rows(_UNDER_WAY))
    assert {name: under_way.get(name, 0) for name in ("Ada", "Bob", "Cy")} == dict(await shipping.rows(_BUSY))


async def test_shipments_are_listed_and_told(shipping: Shipping, database: Database) -> None:
    await shipping.agents("Ada")
    messages = [paid() for _ in range(3)]
    for message in messages:
        await shipping.prepare(message)
    await shipping.tick("dispatch", 1)
    async with database.transaction() as tx:
        newest = await views.page(tx, limit=10)
        assert [shipment.order_id for shipment in newest] == [message.order_id for message in messages[::-1]]
        assert await views.page(tx, limit=1, before=newest[0].id) == [newest[1]]
        assert [s.order_id for s in await views.page(tx, limit=9, status="IN_TRANSIT")] == [messages[0].order_id]
        assert await views.get(tx, newest[0].id) == newest[0]
        assert await views.get(tx, uuid7()) is None
        told = await views.timeline(tx, messages[0].order_id)
    assert [(entry.kind, set(entry.detail)) for entry in told] == [
        ("shipment.preparing", {"agent"}),
        ("shipment.in_transit", {"trackingNumber"}),
    ]
    shown = msgspec.to_builtins(newest[0])
    assert set(shown) == {"id", "orderId", "status", "agent", "trackingNumber", "history"}
    assert set(shown["agent"]) == {"id", "name"}
    assert set(shown["history"][0]) == {"at", "status", "location", "note"}
