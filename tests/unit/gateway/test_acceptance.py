from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from gateway.acceptance import Item, PlaceOrder, accept, shown
from gateway.fields import MAX_AMOUNT, MAX_QUANTITY
from gateway.problems import Problem
from messages import Customer
from workers.order.rules import ItemStatus, Status
from workers.stock.views import Price

ADA = Customer(user_id=uuid7(), name="Ada", email="ada@example.com")
TEA, CUP, PIE = uuid7(), uuid7(), uuid7()
CUSTOMERS = {ADA.user_id: ADA}
PRICES = {
    TEA: Price(name="Tea", price=1250, currency="EUR"),
    CUP: Price(name="Cup", price=300, currency="EUR"),
    PIE: Price(name="Pie", price=700, currency="GBP"),
}


def asked(*items: tuple[UUID, int], user: UUID = ADA.user_id, **more: Any) -> PlaceOrder:
    lines = [Item(product_id=product, quantity=quantity) for product, quantity in items]
    return PlaceOrder(user_id=user, order_items=lines, **more)


def refused(order: PlaceOrder, prices: dict[UUID, Price] = PRICES) -> tuple[str, list[str]]:
    with pytest.raises(Problem) as caught:
        accept(order, CUSTOMERS, prices)
    assert caught.value.status_code == 422
    assert isinstance(caught.value.extra, dict)
    return str(caught.value.type_).rsplit(":", 1)[1], [error["pointer"] for error in caught.value.extra["errors"]]


def test_an_order_takes_the_names_and_prices_of_the_moment() -> None:
    order = accept(asked((TEA, 2), (CUP, 1)), CUSTOMERS, PRICES)
    assert [(line.name, line.quantity, line.unit_price) for line in order.lines] == [("Tea", 2, 1250), ("Cup", 1, 300)]
    assert (order.total, order.currency, order.payment_method) == (2800, "EUR", "tok_ok")
    assert order.customer == ADA


def test_the_same_product_may_stand_on_two_lines() -> None:
    assert accept(asked((TEA, 1), (TEA, 2)), CUSTOMERS, PRICES).total == 3750


def test_every_unknown_id_is_pointed_at() -> None:
    order = asked((TEA, 1), (uuid7(), 1), (CUP, 1), (uuid7(), 1), user=uuid7())
    assert refused(order) == ("unknown-reference", ["/userId", "/orderItems/1/productId", "/orderItems/3/productId"])


def test_products_of_two_currencies_do_not_go_together() -> None:
    assert refused(asked((TEA, 1), (PIE, 1))) == ("currency-mismatch", ["/orderItems/1/productId"])


def test_the_currency_that_is_asked_for_must_be_the_products() -> None:
    assert refused(asked((TEA, 1), currency="USD")) == ("currency-mismatch", ["/orderItems/0/productId"])
    assert accept(asked((PIE, 1), currency="GBP"), CUSTOMERS, PRICES).currency == "GBP"


def test_a_total_beyond_the_sane_is_refused() -> None:
    dear = {TEA: Price(name="Tea", price=MAX_AMOUNT, currency="EUR")}
    assert accept(asked((TEA, 1)), CUSTOMERS, dear).total == MAX_AMOUNT
    assert refused(asked((TEA, MAX_QUANTITY)), dear) == ("total-too-large", ["/orderItems"])


@pytest.mark.parametrize(("submit", "status"), [(True, Status.PENDING), (False, Status.DRAFT)])
def test_a_new_order_is_shown_as_it_was_taken(submit: bool, status: Status) -> None:  # noqa: FBT001
    order = accept(asked((TEA, 2), submit=submit, allow_partial=True), CUSTOMERS, PRICES)
    view = shown(order)
    assert (view.id, view.user_id, view.status, view.total) == (order.id, ADA.user_id, status, 2500)
    assert view.allow_partial
    assert view.updated_at == view.created_at == order.created_at
    assert [item.status for item in view.order_items] == [ItemStatus.PENDING]
