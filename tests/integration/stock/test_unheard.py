"""Messages that no queue of the fleet hears are for whoever subscribes, and stand in nobody's way when nobody does."""

import asyncio
from uuid import uuid4

import aio_pika
import msgspec
import pytest

from messages import ProductMessage
from messages.catalogue import ProductCreated, ProductDeleted, ProductUpdated
from messages.post import outbox
from messages.post.envelope import Envelope, enclose
from messages.post.topology import EVENTS
from messages.stock import StockDepleted, StockLevelChanged, StockLow
from ops.topology import declare
from tests.support.broker import Broker
from workers.fleet import fleet_topology
from workers.relay.carrier import Carrier
from workers.runtime.broker import Link
from workers.runtime.database import Database
from workers.runtime.publisher import Publisher
from workers.runtime.settings import Settings

TEA = uuid4()
UNHEARD: list[ProductMessage] = [
    ProductCreated(product_id=TEA, sku=None, name="Tea", price=1, currency="EUR"),
    ProductUpdated(product_id=TEA, sku=None, name="Tea", price=2, currency="EUR"),
    StockLevelChanged(product_id=TEA, on_hand=1, reserved=0, available=1),
    ProductDeleted(product_id=TEA),
]
HEARD = StockLow(product_id=TEA, sku=None, name="Tea", available=1, threshold=1)


async def carried(database: Database, settings: Settings, *messages: ProductMessage) -> dict[int, object]:
    """Let the relay carry messages; return what it left in the outbox."""
    link = Link(settings.amqp_urls, name="test relay", heartbeat=5)
    try:
        publisher = Publisher(link, heard=fleet_topology().heard, window=100)
        carrier = Carrier(database, publisher, settings, asyncio.Event())
        async with database.transaction() as tx:
            await outbox.put(tx, [enclose(message, said_by="test") for message in messages])
        assert await asyncio.wait_for(carrier.carry(), timeout=30) == len(messages)
    finally:
        await link.close()
    async with database.transaction() as tx:
        return {**await outbox.lease(tx, limit=100, seconds=0)}


async def test_what_nobody_hears_leaves_the_outbox_all_the_same(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    await declare(fleet_settings, fleet_topology())
    assert await carried(database, fleet_settings, *UNHEARD, HEARD, *UNHEARD) == {}
    assert await broker.depth("Notification_StockLow") == 1
    assert await broker.depth("unrouted.dead") == 0


async def test_whoever_subscribes_gets_them(database: Database, fleet_settings: Settings, broker: Broker) -> None:
    await declare(fleet_settings, fleet_topology())
    connection = await aio_pika.connect(fleet_settings.amqp_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("Somebody_Else", durable=True)
        for key in ("product.*", "stock.level_changed"):
            await queue.bind(EVENTS, key)
        assert await carried(database, fleet_settings, *UNHEARD) == {}
        taken = await broker.take("Somebody_Else", len(UNHEARD))
    assert sorted(str(message.type) for message in taken) == sorted(message.type() for message in UNHEARD)
    [changed] = [message for message in taken if message.type == "stock.level_changed"]
    assert msgspec.json.decode(changed.body, type=StockLevelChanged) == UNHEARD[2]
    assert changed.correlation_id == str(TEA)


@pytest.mark.parametrize("message", UNHEARD, ids=lambda message: message.type())
def test_they_are_not_mandatory(message: ProductMessage) -> None:
    publisher = Publisher(Link("amqp://127.0.0.1:1/", name="test", heartbeat=5), heard=fleet_topology().heard, window=1)
    assert not publisher.event(_enclosed(message)).mandatory


@pytest.mark.parametrize("message", [HEARD, StockDepleted(product_id=TEA, sku=None, name="Tea")], ids=str)
def test_alerts_must_reach_a_queue(message: ProductMessage) -> None:
    publisher = Publisher(Link("amqp://127.0.0.1:1/", name="test", heartbeat=5), heard=fleet_topology().heard, window=1)
    assert publisher.event(_enclosed(message)).mandatory


def _enclosed(message: ProductMessage) -> Envelope:
    return enclose(message, said_by="test")
