from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.order.handlers import room
from workers.order.rules import MAY_BECOME, RANKED, ItemStatus, Status, item_status, lower, move

FACTS = [Status.RESERVED, Status.COMPLETED, Status.IN_TRANSIT, Status.DELIVERED]
ENDS = [Status.DELIVERED, Status.CANCELLED, Status.FAILED]


def walk(facts: list[Status], start: Status = Status.PENDING) -> list[Status]:
    path = [start]
    for fact in facts:
        path.append(move(path[-1], fact))
    return path


@given(st.permutations(FACTS))
def test_every_order_of_the_facts_ends_like_the_serial_run(facts: list[Status]) -> None:
    assert walk(facts)[-1] is walk(FACTS)[-1] is Status.DELIVERED


@given(st.lists(st.sampled_from(FACTS)))
def test_no_fact_takes_a_step_back_however_often_it_is_heard(facts: list[Status]) -> None:
    path = walk(facts)

    assert all(RANKED.index(before) <= RANKED.index(after) for before, after in pairwise(path))
    assert RANKED.index(path[-1]) == max((RANKED.index(fact) for fact in facts), default=0)


@given(st.sampled_from(ENDS), st.lists(st.sampled_from([*FACTS, Status.FAILED])))
def test_an_end_is_final(end: Status, heard: list[Status]) -> None:
    assert set(walk(heard, start=end)) == {end}


@given(st.lists(st.sampled_from([*FACTS, Status.FAILED])))
def test_while_a_cancel_is_undecided_facts_are_only_kept(heard: list[Status]) -> None:
    assert set(walk(heard, start=Status.CANCELLING)) == {Status.CANCELLING}


@pytest.mark.parametrize("status", [Status.PENDING, Status.RESERVED, Status.COMPLETED, Status.IN_TRANSIT])
def test_what_has_not_ended_can_fail(status: Status) -> None:
    assert move(status, Status.FAILED) is Status.FAILED


@pytest.mark.parametrize("fact", [*FACTS, Status.FAILED])
def test_a_draft_goes_nowhere_by_itself(fact: Status) -> None:
    assert move(Status.DRAFT, fact) is Status.DRAFT


def test_a_step_keeps_the_facts_below_it() -> None:
    assert lower(Status.COMPLETED) == {Status.PENDING, Status.RESERVED} == MAY_BECOME[Status.COMPLETED]


@pytest.mark.parametrize(
    ("order", "dropped", "expected"),
    [
        (Status.DRAFT, False, ItemStatus.PENDING),
        (Status.PENDING, False, ItemStatus.PENDING),
        (Status.RESERVED, False, ItemStatus.PENDING),
        (Status.COMPLETED, False, ItemStatus.EXECUTED),
        (Status.IN_TRANSIT, False, ItemStatus.EXECUTED),
        (Status.DELIVERED, False, ItemStatus.EXECUTED),
        (Status.DELIVERED, True, ItemStatus.CANCELLED),
        (Status.PENDING, True, ItemStatus.CANCELLED),
        (Status.CANCELLING, False, ItemStatus.PENDING),
        (Status.CANCELLED, False, ItemStatus.CANCELLED),
        (Status.FAILED, False, ItemStatus.CANCELLED),
    ],
)
def test_a_line_stands_where_its_order_stands(order: Status, dropped: bool, expected: ItemStatus) -> None:  # noqa: FBT001
    assert item_status(order, dropped=dropped) is expected


def test_the_queues_are_those_of_the_catalogue() -> None:
    assert set(room.handlers) == {
        "Order_StockReserved",
        "Order_StockNotReserved",
        "Order_StockReleased",
        "Order_PaymentCompleted",
        "Order_PaymentFailed",
        "Order_OrderShipped",
        "Order_OrderDelivered",
    }
