from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.order import rules
from workers.order.handlers import room
from workers.order.rules import ENDS, MOVES, RANKED, Cancel, ItemStatus, Status, item_status, lower, move

FACTS = ["stock.reserved", "payment.completed", "order.shipped", "order.delivered"]
FAILURES = ["stock.not_reserved", "payment.failed"]
HEARD = sorted(handler.message.type() for handler in room.handlers.values())


def walk(facts: list[str], start: Status = Status.PENDING) -> list[Status]:
    path = [start]
    for fact in facts:
        path.append(move(path[-1], fact))
    return path


@given(st.permutations(FACTS))
def test_every_order_of_the_facts_ends_like_the_serial_run(facts: list[str]) -> None:
    assert walk(facts)[-1] is walk(FACTS)[-1] is Status.DELIVERED


@given(st.lists(st.sampled_from(FACTS)))
def test_no_fact_takes_a_step_back_however_often_it_is_heard(facts: list[str]) -> None:
    path = walk(facts)

    assert all(RANKED.index(before) <= RANKED.index(after) for before, after in pairwise(path))
    assert RANKED.index(path[-1]) == max((FACTS.index(fact) + 1 for fact in facts), default=0)


@given(st.sampled_from(sorted(ENDS)), st.lists(st.sampled_from([*HEARD, rules.SUBMIT, rules.DISCARD, rules.CANCEL])))
def test_an_end_is_final(end: Status, heard: list[str]) -> None:
    assert set(walk(heard, start=end)) == {end}


@given(st.lists(st.sampled_from([*FACTS, *FAILURES])))
def test_while_a_cancel_is_undecided_facts_are_only_kept(heard: list[str]) -> None:
    assert set(walk(heard, start=Status.CANCELLING)) == {Status.CANCELLING}


@pytest.mark.parametrize("status", [Status.PENDING, Status.RESERVED, Status.COMPLETED, Status.IN_TRANSIT])
@pytest.mark.parametrize("failure", FAILURES)
def test_what_has_not_ended_can_fail(status: Status, failure: str) -> None:
    assert move(status, failure) is Status.FAILED


@pytest.mark.parametrize("heard", HEARD)
def test_a_draft_goes_nowhere_by_itself(heard: str) -> None:
    assert move(Status.DRAFT, heard) is Status.DRAFT


def test_whatever_moves_an_order_is_heard_or_asked_for() -> None:
    assert {move.on for move in MOVES} - set(HEARD) == {rules.SUBMIT, rules.DISCARD, rules.CANCEL}


def test_every_status_is_reached_and_only_ends_are_final() -> None:
    assert {move.target for move in MOVES} == set(Status) - {Status.DRAFT}
    assert set(Status) - {source for move in MOVES for source in move.sources} == ENDS


def test_a_step_keeps_the_facts_below_it() -> None:
    assert lower(Status.COMPLETED) == {Status.PENDING, Status.RESERVED} == set(rules.sources("payment.completed"))


@pytest.mark.parametrize(
    ("status", "after", "expected"),
    [
        (None, None, Cancel.UNKNOWN),
        (Status.DRAFT, Status.CANCELLED, Cancel.DISCARDED),
        (Status.COMPLETED, Status.CANCELLING, Cancel.REQUESTED),
        (Status.CANCELLING, None, Cancel.REPEATED),
        (Status.CANCELLED, None, Cancel.REPEATED),
        (Status.FAILED, None, Cancel.REFUSED),
        (Status.IN_TRANSIT, None, Cancel.REFUSED),
        (Status.DELIVERED, None, Cancel.REFUSED),
    ],
)
def test_a_wish_to_cancel_has_one_answer(status: Status | None, after: Status | None, expected: Cancel) -> None:
    assert rules.cancel(status, after) is expected


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
        "Order_PaymentVoided",
        "Order_PaymentRefunded",
        "Order_PaymentRefundFailed",
        "Order_OrderShipped",
        "Order_OrderDelivered",
        "Order_ShippingStopped",
        "Order_ShippingNotStopped",
    }
