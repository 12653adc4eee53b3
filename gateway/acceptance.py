"""Turning what a caller asks for into an order at today's prices, or into the reasons why not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from uuid_utils.compat import uuid7

from gateway.fields import MAX_AMOUNT, Address, Currency, Id, PaymentMethod, Quantity
from gateway.pointers import pointer
from gateway.problems import unprocessable
from messages import Customer, Line
from workers.order.rules import item_status
from workers.order.store import NewOrder
from workers.order.views import Order, OrderItem
from workers.stock.views import Price

MAX_ITEMS = 200


class Item(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One line of an order."""

    product_id: Id
    quantity: Quantity


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What somebody wants to order; without ``currency`` it is that of the products."""

    user_id: Id
    order_items: Annotated[list[Item], Meta(min_length=1, max_length=MAX_ITEMS)]
    payment_method: PaymentMethod = "tok_ok"
    currency: Currency | None = None
    shipping_address: Address | None = None
    allow_partial: bool = False
    submit: bool = True


def accept(asked: PlaceOrder, customers: Mapping[UUID, Customer], prices: Mapping[UUID, Price]) -> NewOrder:
    """Price an order.

    Raises:
        Problem: when the user or a product is not known, or the currencies or the total cannot be.
    """
    if unknown := dict(_unknown(asked, customers, prices)):
        raise unprocessable("unknown-reference", "Unknown user or product", unknown)
    currency = asked.currency or prices[asked.order_items[0].product_id].currency
    if foreign := dict(_foreign(asked, prices, currency)):
        raise unprocessable("currency-mismatch", "Currencies differ", foreign)
    lines = tuple(_line(item, prices[item.product_id]) for item in asked.order_items)
    return NewOrder(
        id=uuid7(),
        customer=customers[asked.user_id],
        lines=lines,
        total=_total(lines),
        currency=currency,
        payment_method=asked.payment_method,
        allow_partial=asked.allow_partial,
        shipping_address=asked.shipping_address,
        submit=asked.submit,
        created_at=datetime.now(UTC),
    )


def _unknown(
    asked: PlaceOrder, customers: Mapping[UUID, Customer], prices: Mapping[UUID, Price]
) -> Iterator[tuple[str, str]]:
    if asked.user_id not in customers:
        yield "/userId", "There is no such user"
    for index, item in enumerate(asked.order_items):
        if item.product_id not in prices:
            yield pointer("orderItems", index, "productId"), "There is no such product for sale"


def _foreign(asked: PlaceOrder, prices: Mapping[UUID, Price], currency: str) -> Iterator[tuple[str, str]]:
    for index, item in enumerate(asked.order_items):
        if (own := prices[item.product_id].currency) != currency:
            yield (
                pointer("orderItems", index, "productId"),
                f"Sold in {own}, and the order is in {currency}",
            )


def _line(item: Item, price: Price) -> Line:
    return Line(product_id=item.product_id, name=price.name, quantity=item.quantity, unit_price=price.price)


def _total(lines: Sequence[Line]) -> int:
    total = sum(line.quantity * line.unit_price for line in lines)
    if total > MAX_AMOUNT:
        raise unprocessable(
            "total-too-large", "Total too large", {"/orderItems": f"The total is {total}, the most is {MAX_AMOUNT}"}
        )
    return total


def shown(order: NewOrder) -> Order:
    """Return a new order as the order room will show it; nobody has to read back what was just written."""
    status = item_status(order.status, dropped=False)
    return Order(
        id=order.id,
        user_id=order.customer.user_id,
        status=order.status,
        failure_reason=None,
        total=order.total,
        currency=order.currency,
        payment_method=order.payment_method,
        allow_partial=order.allow_partial,
        shipping_address=order.shipping_address,
        order_items=tuple(
            OrderItem(
                product_id=line.product_id,
                name=line.name,
                quantity=line.quantity,
                unit_price=line.unit_price,
                status=status,
            )
            for line in order.lines
        ),
        created_at=order.created_at,
        updated_at=order.created_at,
    )
