from functools import partial

import pytest

from messages.post.topology import Queue, Topology, topology
from ops.errors import OpsError
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.waiting import eventually
from workers.runtime.settings import Settings


async def policy_of(broker: Broker, queue: str) -> str | None:
    """The management API tells it with its next statistics."""
    return (await broker.queue(queue)).get("policy")


WANTED = topology([("Stock_OrderCreated", "order.created"), ("Order_StockReserved", "stock.reserved")])


async def test_declaring_twice_is_declaring_once(fleet_settings: Settings) -> None:
    await declare(fleet_settings, WANTED)
    await declare(fleet_settings, WANTED)
    async with Broker.open(fleet_settings.amqp_url, fleet_settings.management_url) as broker:
        for queue in WANTED.queues:
            found = await broker.queue(queue.name)
            assert found["type"] == "quorum"
            assert found["durable"]
            assert found["arguments"] == dict(queue.arguments)


async def test_every_work_queue_has_a_policy_and_so_has_every_dead_one(fleet_settings: Settings) -> None:
    await declare(fleet_settings, WANTED)
    async with Broker.open(fleet_settings.amqp_url, fleet_settings.management_url) as broker:
        for queue, policy in (
            ("Stock_OrderCreated", "orderfleet.work"),
            ("Stock_OrderCreated.dead", "orderfleet.dead"),
        ):
            assert await eventually(partial(policy_of, broker, queue)) == policy


async def test_a_queue_made_differently_is_named_with_what_differs(fleet_settings: Settings) -> None:
    await declare(fleet_settings, WANTED)
    patient = Queue("retry.1s", (("x-message-ttl", 1500), ("x-queue-type", "quorum")))
    other = Topology(frozenset(), frozenset({patient}), frozenset(), frozenset())
    with pytest.raises(OpsError, match=r"^the queue retry\.1s stands in the broker made differently: x-"):
        await declare(fleet_settings, other)


async def test_a_broker_that_is_not_there_is_named_without_its_password(settings: Settings) -> None:
    with pytest.raises(OpsError, match=r"^RabbitMQ's management API at 127\.0\.0\.1:1 cannot be reached: "):
        await declare(settings, WANTED)
