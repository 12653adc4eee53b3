"""Somebody deletes a queue, or a binding: it is declared again, and what was lost with it is said again."""

from collections import Counter

import httpx
import pytest

from messages.post.topology import EVENTS
from ops.mend import say_again
from ops.topology import declare
from tests.support.broker import Broker
from tests.support.processes import EVERYTHING, Fleet
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.fleet import fleet_topology

QUEUES = ["Stock_OrderCreated", "Payment_StockReserved", "Order_PaymentCompleted", "Shipping_PaymentCompleted"]


async def is_ready(running: Fleet, name: str) -> bool:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{running.processes[name].port}/health/ready")).is_success


async def is_unready(running: Fleet, name: str) -> bool:
    return not await is_ready(running, name)


async def has(broker: Broker, queue: str, count: int) -> bool:
    return await broker.depth(queue) >= count


@pytest.mark.parametrize("queue", QUEUES)
async def test_what_was_in_a_deleted_queue_is_said_again(running: Fleet, broker: Broker, queue: str) -> None:
    room = queue.partition("_")[0].lower()
    await running.start(*(name for name in EVERYTHING if name != room))
    shop = await Shop.open(running)
    orders = await shop.orders(5)
    await eventually(lambda: has(broker, queue, 5), what=f"5 messages in {queue}")
    await broker.delete_queue(queue)
    await declare(running.settings, fleet_topology())
    await running.start(room)
    said = await say_again(running.settings, minutes=1)
    assert said.orders == 5
    assert Counter((await shop.all_ended(orders)).values()) == {"DELIVERED": 5}
    assert await shop.stock() == (995, 0)


async def test_a_worker_whose_queue_is_gone_is_not_ready_until_it_is_declared_again(
    running: Fleet, broker: Broker
) -> None:
    await running.start("stock")
    await broker.delete_queue("Stock_OrderCreated")
    await eventually(lambda: is_unready(running, "stock"), what="the worker to say that its queue is gone")
    await declare(running.settings, fleet_topology())
    await eventually(lambda: is_ready(running, "stock"), what="the worker to be ready again")


async def test_what_only_one_queue_would_have_heard_waits_for_its_binding(running: Fleet, broker: Broker) -> None:
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    await broker.unbind("Stock_PaymentFailed", EVENTS, "payment.failed")
    await broker.unbind("Order_PaymentFailed", EVENTS, "payment.failed")
    order = await shop.order(method="tok_declined")
    await eventually(lambda: knows(running, order), what="a failure in the timeline")
    await declare(running.settings, fleet_topology())
    assert (await shop.ended(order))["status"] == "FAILED"


async def knows(running: Fleet, order: str) -> bool:
    items = (await running.get(f"/orders/{order}/timeline"))["items"]
    return any("no queue takes" in str(item["detail"].get("error", "")) for item in items)
