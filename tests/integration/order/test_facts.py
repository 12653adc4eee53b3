from itertools import permutations

import msgspec
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages.order import OrderFailed
from messages.stock import Shortage
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
from workers.order.rules import ItemStatus, Status
from workers.runtime.batch import Batch

WAY: list[tuple[Fact, Status]] = [
    (reserved, Status.RESERVED),
    (paid, Status.COMPLETED),
    (shipped, Status.IN_TRANSIT),
    (delivered, Status.DELIVERED),
]
FACTS = [fact for fact, _ in WAY]


async def test_each_fact_takes_the_order_a_step_further(desk: Desk) -> None:
    order_id = await desk.accepted()
    for fact, status in WAY:
        assert await desk.hear(fact(order_id)) == []
        assert (await desk.get(order_id)).status is status


async def test_shuffled_facts_end_like_the_serial_run(desk: Desk) -> None:
    orders = [new_order() for _ in permutations(FACTS)]
    await desk.accept(*orders)

    for step in range(len(FACTS)):
        for fact in FACTS:
            said = [fact(new.id) for new, facts in zip(orders, permutations(FACTS), strict=True) if facts[step] is fact]
            await desk.hear(*said)

    serial = msgspec.to_builtins(await desk.get(orders[0].id))
    for order in orders:
        found = msgspec.to_builtins(await desk.get(order.id))
        assert found["status"] == "DELIVERED"
        differ = ("id", "orderItems", "createdAt", "updatedAt")
        assert {key: found[key] for key in found if key not in differ} == {
            key: serial[key] for key in serial if key not in differ
        }
        assert len(await desk.timeline(order.id)) == 1 + len(FACTS)


async def test_a_fact_heard_again_moves_nothing_and_is_kept(desk: Desk) -> None:
    order_id = await desk.accepted()
    for fact in (reserved, paid, reserved, paid):
        await desk.hear(fact(order_id))

    entries = await desk.timeline(order_id)

    assert (await desk.get(order_id)).status is Status.COMPLETED
    assert [entry.kind for entry in entries[1:]] == [
        "stock.reserved",
        "payment.completed",
        "stock.reserved",
        "payment.completed",
    ]
    assert [entry.detail.get("status") for entry in entries[1:]] == ["RESERVED", "COMPLETED", None, None]


@pytest.mark.parametrize(("fact", "reason"), [(not_reserved, "out_of_stock"), (not_paid, "payment_declined")])
async def test_a_failure_ends_the_order_with_its_reason_and_is_announced_once(
    desk: Desk, fact: Fact, reason: str
) -> None:
    order_id = await desk.accepted()

    assert await desk.hear(fact(order_id)) == [OrderFailed(order_id=order_id, reason=reason)]
    assert await desk.hear(fact(order_id)) == []

    found = await desk.get(order_id)
    assert (found.status, found.failure_reason) == (Status.FAILED, reason)
    assert {item.status for item in found.order_items} == {ItemStatus.CANCELLED}


async def test_what_is_heard_of_a_failed_order_is_only_kept(desk: Desk) -> None:
    order_id = await desk.accepted()
    await desk.hear(not_paid(order_id))
    for fact in (reserved, released):
        await desk.hear(fact(order_id))

    found = await desk.get(order_id)
    assert (found.status, found.failure_reason) == (Status.FAILED, "payment_declined")
    assert [entry.kind for entry in (await desk.timeline(order_id))[1:]] == [
        "payment.failed",
        "stock.reserved",
        "stock.released",
    ]


async def test_while_a_cancel_is_undecided_the_facts_are_only_kept(desk: Desk) -> None:
    order_id = await desk.accepted()
    async with desk.database.transaction() as tx:
        await tx.execute(text("""UPDATE "order"."order" SET status = 'CANCELLING'"""))

    for fact in (shipped, paid, not_paid, released):
        assert await desk.hear(fact(order_id)) == []

    async with desk.database.transaction() as tx:
        row = (await tx.execute(text("""SELECT status, furthest, stock_back FROM "order"."order" """))).one()
    assert tuple(row) == ("CANCELLING", "IN_TRANSIT", True)


async def test_one_failure_does_not_touch_its_neighbours(desk: Desk) -> None:
    first, second = await desk.accepted(), await desk.accepted()
    await desk.hear(not_reserved(first))
    await desk.hear(reserved(second), reserved(first))

    assert [(await desk.get(key)).status for key in (first, second)] == [Status.FAILED, Status.RESERVED]


async def test_a_partial_order_goes_on_without_the_lines_that_are_short(desk: Desk) -> None:
    partial, whole = new_order(allow_partial=True), new_order()
    await desk.accept(partial, whole)
    short = Shortage(product_id=partial.lines[0].product_id, wanted=2, available=1)
    said = msgspec.structs.replace(reserved(partial.id), amount=200, short=(short,))

    await desk.hear(said, reserved(whole.id))
    await desk.hear(paid(partial.id), paid(whole.id))

    found, other = await desk.get(partial.id), await desk.get(whole.id)
    assert found.total == 200
    assert [item.status for item in found.order_items] == [ItemStatus.CANCELLED, ItemStatus.EXECUTED]
    assert other.total == 700
    assert [item.status for item in other.order_items] == [ItemStatus.EXECUTED, ItemStatus.EXECUTED]


async def test_a_late_partial_reservation_still_says_what_was_charged(desk: Desk) -> None:
    new = new_order(allow_partial=True)
    await desk.accept(new)
    short = Shortage(product_id=new.lines[1].product_id, wanted=1, available=0)

    await desk.hear(shipped(new.id))
    await desk.hear(msgspec.structs.replace(reserved(new.id), amount=500, short=(short,)))

    found = await desk.get(new.id)
    assert (found.status, found.total) == (Status.IN_TRANSIT, 500)


async def test_each_row_of_the_history_names_its_message(desk: Desk) -> None:
    order_id, message_id = await desk.accepted(), uuid7()
    async with desk.database.transaction() as tx:
        await handlers.shipped(Batch([shipped(order_id)], [message_id]), tx)

    entry = (await desk.timeline(order_id))[-1]

    assert entry.message_id == message_id
    assert entry.detail["trackingNumber"] == "OF-1"


async def test_a_message_about_an_order_of_elsewhere_is_kept_and_harms_nobody(desk: Desk) -> None:
    here, elsewhere = await desk.accepted(), uuid7()

    await desk.hear(paid(elsewhere), paid(here))

    assert (await desk.get(here)).status is Status.COMPLETED
    assert [entry.kind for entry in await desk.timeline(elsewhere)] == ["payment.completed"]
