"""Many writers at once. A deadlock (40P01) fails this test: PostgreSQL raises it in one of the transactions."""

import asyncio
from itertools import chain
from random import Random

import pytest
from sqlalchemy import text

from messages import Message
from tests.integration.order.desk import (
    Desk,
    Fact,
    delivered,
    new_order,
    not_paid,
    not_reserved,
    paid,
    released,
    reserved,
    shipped,
)
from workers.order import handlers
from workers.order.rules import Status
from workers.runtime.batch import Batch

_UPDATES = text("""
    SELECT pg_stat_get_xact_tuples_updated(cast(:table AS regclass)),
           pg_stat_get_xact_tuples_hot_updated(cast(:table AS regclass))
""")


@pytest.mark.parametrize(
    ("facts", "end", "announced"),
    [
        ([reserved, paid, shipped, delivered], Status.DELIVERED, 0),
        ([reserved, not_reserved, released, not_paid], Status.FAILED, 60),
    ],
)
async def test_eight_writers_about_the_same_orders_do_not_deadlock_and_agree_on_the_end(
    desk: Desk, facts: list[Fact], end: Status, announced: int
) -> None:
    orders = [new_order() for _ in range(60)]
    await desk.accept(*orders)

    async def write(seed: int, fact: Fact) -> list[Message]:
        random = Random(seed)
        sets = [random.sample(orders, size) for size in (40, 40, 40, 40, 40, 40, 60)]
        return [message for batch in sets for message in await desk.hear(*(fact(order.id) for order in batch))]

    said = chain.from_iterable(await asyncio.gather(*(write(seed, fact) for seed, fact in enumerate(facts * 2))))

    assert {(await desk.get(order.id)).status for order in orders} == {end}
    subjects = [message.subject for message in said]
    assert len(subjects) == len(set(subjects)) == announced


async def test_the_way_of_an_order_is_updates_in_place(desk: Desk) -> None:
    order_id = await desk.accepted()
    async with desk.database.transaction() as tx:
        await handlers.reserved(Batch([reserved(order_id)]), tx)
        await handlers.paid(Batch([paid(order_id)]), tx)
        updated, in_place = (await tx.execute(_UPDATES, {"table": '"order"."order"'})).one()

    assert updated == in_place > 0
