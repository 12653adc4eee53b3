"""A broker without memory blocks whoever publishes: orders are taken, what arrived is worked on, one effect each."""

import asyncio
from collections import Counter

from sqlalchemy import text

from ops.local.rabbitmq import RabbitMQ
from tests.support.processes import EVERYTHING, Fleet
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.runtime.database import Database

_CONFIRM_SECONDS = 20  # a publish that is blocked gives up before that, and is sent again
_RESERVED = text("SELECT count(*) FROM stock.reservation")
_EFFECTS = text("""
    SELECT max(n) FROM (SELECT count(*) AS n FROM "order".event
                         WHERE kind NOT LIKE 'order.accepted' GROUP BY order_id, kind) AS events
""")
_CHARGES = text("SELECT count(*) FROM payment.simulated_charge WHERE status = 'CHARGED'")


async def scalar(database: Database, statement: object) -> int:
    async with database.transaction() as tx:
        return int((await tx.execute(statement)).scalar_one() or 0)  # type: ignore[call-overload]


async def test_under_a_memory_alarm_orders_are_taken_and_what_has_arrived_is_worked_on(
    own_broker: tuple[RabbitMQ, Fleet], database: Database
) -> None:
    rabbitmq, running = own_broker
    await running.start("gateway", "relay")
    shop = await Shop.open(running)
    before = await shop.orders(20)
    await eventually(lambda: depth(rabbitmq, "Stock_OrderCreated", 20), what="20 messages to work on", every=0.5)
    await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.000001")
    try:
        during = await shop.orders(20)
        await running.start(*(name for name in EVERYTHING if name not in running.processes))
        # No more than one set of a queue: what follows from it cannot be published, and the next set waits for that.
        await eventually(lambda: is_anything_reserved(database), what="what had arrived to be worked on")
        await asyncio.sleep(_CONFIRM_SECONDS)
    finally:
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.4")
    ends = await shop.all_ended(before + during, seconds=90)
    assert Counter(ends.values()) == {"DELIVERED": 40}
    assert await scalar(database, _EFFECTS) == 1
    assert await scalar(database, _CHARGES) == 40


async def depth(rabbitmq: RabbitMQ, queue: str, count: int) -> bool:
    listed = await asyncio.to_thread(rabbitmq.ctl, "list_queues", "--quiet", "name", "messages")
    return dict(line.split("\t") for line in listed.splitlines() if "\t" in line).get(queue) == str(count)


async def is_anything_reserved(database: Database) -> bool:
    return await scalar(database, _RESERVED) > 0
