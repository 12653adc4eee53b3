from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from messages import Customer, Line
from messages.order import OrderCancelled, OrderCreated
from messages.payment import PaymentCompleted, PaymentFailed
from messages.stock import Shortage, StockNotReserved, StockReserved
from workers.stock.handlers import room
from workers.stock.rules import MOVES, Alert, Allotment, Move, Status, allot, first_alert, short

APPLES, PEARS, PLUMS = (UUID(int=number) for number in (1, 2, 3))
BUYER = Customer(user_id=UUID(int=99), name="Ada", email="ada@example.org")


def order(*wanted: tuple[UUID, int], partial: bool = False, number: int = 1) -> OrderCreated:
    lines = tuple(Line(product_id=item, name="fruit", quantity=quantity, unit_price=10) for item, quantity in wanted)
    return OrderCreated(
        order_id=UUID(int=1000 + number),
        customer=BUYER,
        lines=lines,
        total=sum(line.quantity * line.unit_price for line in lines),
        currency="EUR",
        payment_method="tok_ok",
        allow_partial=partial,
    )


def only(allotments: list[Allotment]) -> StockReserved | StockNotReserved:
    (allotment,) = allotments
    return allotment.answer


def test_an_order_that_fits_is_held_at_its_price() -> None:
    said = only(allot([order((APPLES, 2), (PEARS, 3))], {APPLES: 2, PEARS: 5}))

    assert said == StockReserved(order_id=UUID(int=1001), amount=50, currency="EUR", payment_method="tok_ok")


def test_one_missing_line_refuses_the_whole_order() -> None:
    said = only(allot([order((APPLES, 2), (PEARS, 3))], {APPLES: 1, PEARS: 5}))

    assert isinstance(said, StockNotReserved)
    assert said.reason == "out_of_stock"
    assert said.short == (Shortage(product_id=APPLES, wanted=2, available=1, name="fruit"),)


def test_a_refused_order_takes_nothing_from_the_next() -> None:
    first, second = order((APPLES, 1), (PEARS, 9), number=1), order((APPLES, 1), number=2)

    assert [each.status for each in allot([first, second], {APPLES: 1, PEARS: 1})] == [Status.REFUSED, Status.HELD]


def test_the_last_unit_goes_to_who_came_first() -> None:
    orders = [order((APPLES, 1), number=number) for number in (1, 2)]

    assert [each.status for each in allot(orders, {APPLES: 1})] == [Status.HELD, Status.REFUSED]


def test_the_same_product_on_two_lines_counts_together() -> None:
    said = only(allot([order((APPLES, 2), (APPLES, 2))], {APPLES: 3}))

    assert isinstance(said, StockNotReserved)
    assert said.short == (Shortage(product_id=APPLES, wanted=4, available=3, name="fruit"),)


def test_a_product_that_is_not_sold_is_unknown() -> None:
    said = only(allot([order((APPLES, 1), (PLUMS, 1))], {APPLES: 0}))

    assert isinstance(said, StockNotReserved)
    assert said.reason == "unknown_product"
    assert {shortage.product_id for shortage in said.short} == {APPLES, PLUMS}


def test_a_partial_order_goes_without_the_lines_that_are_short() -> None:
    (given_,) = allot([order((APPLES, 2), (PEARS, 3), partial=True)], {APPLES: 1, PEARS: 5})

    assert given_.dropped == [True, False]
    assert isinstance(given_.answer, StockReserved)
    assert given_.answer.amount == 30
    assert given_.answer.short == (Shortage(product_id=APPLES, wanted=2, available=1, name="fruit"),)


def test_a_partial_order_of_which_nothing_fits_is_refused() -> None:
    (given_,) = allot([order((APPLES, 2), partial=True)], {APPLES: 1})

    assert given_.reason == "out_of_stock"
    assert given_.dropped == [True]


def test_a_payment_moves_only_what_is_held() -> None:
    assert MOVES[PaymentCompleted].sources == MOVES[PaymentFailed].sources == {Status.HELD}
    assert MOVES[PaymentCompleted].target is Status.COMMITTED
    assert MOVES[PaymentFailed].target is Status.RELEASED


def test_a_cancel_releases_what_is_held_and_what_has_left() -> None:
    assert MOVES[OrderCancelled] == Move(frozenset({Status.HELD, Status.COMMITTED}), Status.RELEASED)


def test_the_queues_are_those_of_the_catalogue() -> None:
    assert set(room.handlers) == {
        "Stock_OrderCreated",
        "Stock_OrderCancelled",
        "Stock_PaymentCompleted",
        "Stock_PaymentFailed",
    }


PRODUCTS = st.sampled_from([APPLES, PEARS, PLUMS])
WANTED = st.lists(st.tuples(PRODUCTS, st.integers(1, 4)), min_size=1, max_size=4)
ORDERS = st.lists(st.tuples(WANTED, st.booleans()), max_size=12).map(
    lambda drawn: [order(*wanted, partial=partial, number=at) for at, (wanted, partial) in enumerate(drawn)]
)
SHELVES = st.dictionaries(PRODUCTS, st.integers(0, 12))


@given(ORDERS, SHELVES)
def test_never_more_is_held_than_there_is(orders: list[OrderCreated], available: dict[UUID, int]) -> None:
    held: Counter[UUID] = Counter()
    for allotment in allot(orders, available):
        for line in allotment.held:
            held[line.product_id] += line.quantity

    assert all(quantity <= available.get(product, 0) for product, quantity in held.items())


@given(ORDERS, SHELVES)
def test_all_or_nothing_unless_the_order_says_otherwise(orders: list[OrderCreated], available: dict[UUID, int]) -> None:
    for allotment in allot(orders, available):
        if not allotment.order.allow_partial:
            assert len(allotment.held) in (0, len(allotment.order.lines))
        assert bool(allotment.held) == (allotment.reason is None)


@given(ORDERS, SHELVES)
def test_a_shortage_is_a_shortage_of_what_the_earlier_orders_left(
    orders: list[OrderCreated], available: dict[UUID, int]
) -> None:
    left = Counter(available)
    for allotment in allot(orders, available):
        for shortage in allotment.short:
            assert shortage.available == left[shortage.product_id]
            assert shortage.wanted > shortage.available
        for line in allotment.held:
            left[line.product_id] -= line.quantity


def test_short_is_what_is_wanted_more_than_there_is() -> None:
    wanted = Counter({APPLES: 3, PEARS: 2, PLUMS: 1})

    assert short(wanted, {APPLES: 2, PEARS: 2, PLUMS: 0}) == {APPLES: 2, PLUMS: 0}


def test_a_product_begins_as_low_when_it_is() -> None:
    begins = {stock: first_alert(stock, 5) for stock in (0, 4, 5, 6)}

    assert begins == {0: Alert.LOW, 4: Alert.LOW, 5: Alert.LOW, 6: Alert.NONE}
    assert (first_alert(0, 0), first_alert(1, 0)) == (Alert.LOW, Alert.NONE)
