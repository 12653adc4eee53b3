import asyncio
from collections.abc import Sequence

import pytest
from uuid_utils.compat import uuid7

from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCancelled
from tests.integration.order.desk import (
    Desk,
    Fact,
    delivered,
    new_order,
    not_paid,
    not_refunded,
    not_stopped,
    paid,
    refunded,
    released,
    reserved,
    shipped,
    stopped,
    voided,
)
from workers.order.rules import Cancel, Status


@pytest.mark.parametrize(
    ("facts", "answer", "status"),
    [
        ([], Cancel.REQUESTED, Status.CANCELLING),
        ([reserved], Cancel.REQUESTED, Status.CANCELLING),
        ([reserved, paid], Cancel.REQUESTED, Status.CANCELLING),
        ([shipped], Cancel.REFUSED, Status.IN_TRANSIT),
        ([delivered], Cancel.REFUSED, Status.DELIVERED),
        ([not_paid], Cancel.REFUSED, Status.FAILED),
    ],
)
async def test_a_wish_to_cancel_is_answered_at_once(
    desk: Desk, facts: Sequence[Fact], answer: Cancel, status: Status
) -> None:
    order_id = await desk.accepted()
    for fact in facts:
        await desk.hear(fact(order_id))

    assert await desk.cancel(order_id) is answer
    assert (await desk.get(order_id)).status is status


async def test_asked_again_it_is_the_same_answer_and_stands_once_in_the_history(desk: Desk) -> None:
    order_id = await desk.accepted()
    answers = [await desk.cancel(order_id) for _ in range(2)]
    await desk.hear(stopped(order_id))
    await desk.hear(released(order_id))
    await desk.hear(voided(order_id))
    answers.append(await desk.cancel(order_id))

    assert answers == [Cancel.REQUESTED, Cancel.REPEATED, Cancel.REPEATED]
    told = [(entry.kind, entry.detail.get("status")) for entry in (await desk.timeline(order_id))[1:]]
    assert told == [
        ("order.cancellation_requested", "CANCELLING"),
        ("shipping.stopped", None),
        ("stock.released", None),
        ("payment.voided", "CANCELLED"),
    ]


async def test_a_draft_is_cancelled_at_once_and_an_unknown_order_not_at_all(desk: Desk) -> None:
    draft = await desk.accepted(submit=False)
    assert await desk.cancel(draft) is Cancel.DISCARDED
    assert (await desk.get(draft)).status is Status.CANCELLED
    assert (await desk.timeline(draft))[-1].kind == "order.discarded"
    assert await desk.cancel(draft) is Cancel.REPEATED
    assert await desk.cancel(uuid7()) is Cancel.UNKNOWN


async def test_many_at_once_ask_for_one_cancel(desk: Desk) -> None:
    order_id = await desk.accepted()
    answers = await asyncio.gather(*(desk.cancel(order_id) for _ in range(10)))
    assert sorted(answers) == [Cancel.REPEATED] * 9 + [Cancel.REQUESTED]


async def test_a_set_of_answers_from_shipping_reaches_only_those_that_wait_for_one(desk: Desk) -> None:
    waiting, other = await desk.accepted(), await desk.accepted()
    await desk.cancel(waiting)

    assert await desk.hear(stopped(other), stopped(waiting)) == [OrderCancelled(order_id=waiting)]
    assert await desk.hear(not_stopped(other), not_stopped(waiting)) == [OrderCancellationRejected(order_id=waiting)]
    assert [(await desk.get(key)).status for key in (waiting, other)] == [Status.IN_TRANSIT, Status.PENDING]


@pytest.mark.parametrize("money", [voided, refunded])
@pytest.mark.parametrize("stock_first", [True, False])
async def test_stock_and_money_confirm_a_cancel_in_any_order_once(
    desk: Desk,
    money: Fact,
    stock_first: bool,  # noqa: FBT001 - a parameter
) -> None:
    order_id = await desk.accepted()
    await desk.cancel(order_id)
    first, second = (released, money) if stock_first else (money, released)

    assert await desk.hear(first(order_id)) == []
    assert await desk.hear(second(order_id)) == [OrderCancellationConfirmed(order_id=order_id)]
    assert [*await desk.hear(second(order_id)), *await desk.hear(first(order_id))] == []
    assert (await desk.get(order_id)).status is Status.CANCELLED


async def test_stock_that_came_back_before_the_cancel_counts(desk: Desk) -> None:
    order_id = await desk.accepted()
    await desk.hear(released(order_id))
    await desk.cancel(order_id)
    assert await desk.hear(voided(order_id)) == [OrderCancellationConfirmed(order_id=order_id)]


async def test_stock_and_money_that_come_back_at_once_confirm_once(desk: Desk) -> None:
    orders = [new_order() for _ in range(40)]
    await desk.accept(*orders)
    ids = [order.id for order in orders]
    await asyncio.gather(*(desk.cancel(order_id) for order_id in ids))

    said = await asyncio.gather(
        desk.hear(*(released(order_id) for order_id in ids)),
        desk.hear(*(voided(order_id) for order_id in ids[::-1])),
        desk.hear(*(refunded(order_id) for order_id in ids)),
    )

    assert sorted(message.subject for part in said for message in part) == ids


async def test_a_refund_that_fails_leaves_the_cancel_waiting_for_the_next(desk: Desk) -> None:
    order_id = await desk.accepted()
    await desk.cancel(order_id)
    await desk.hear(released(order_id))

    assert await desk.hear(not_refunded(order_id)) == []
    assert (await desk.get(order_id)).status is Status.CANCELLING
    assert await desk.hear(refunded(order_id)) == [OrderCancellationConfirmed(order_id=order_id)]


async def test_what_is_heard_late_of_an_order_that_had_left_takes_no_step_back(desk: Desk) -> None:
    order_id = await desk.accepted()
    await desk.cancel(order_id)
    await desk.hear(not_stopped(order_id))
    for fact in (reserved, paid, shipped):
        await desk.hear(fact(order_id))

    assert (await desk.get(order_id)).status is Status.IN_TRANSIT
    assert [entry.detail.get("status") for entry in (await desk.timeline(order_id))[2:]] == [
        "IN_TRANSIT",
        None,
        None,
        None,
    ]
    await desk.hear(delivered(order_id))
    assert (await desk.get(order_id)).status is Status.DELIVERED
