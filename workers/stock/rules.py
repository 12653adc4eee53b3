"""What stock decides: who gets what is there, and which reservations a message may move. No I/O."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from messages import Line, Message
from messages.order import OrderCancelled, OrderCreated
from messages.payment import PaymentCompleted, PaymentFailed
from messages.stock import Shortage, StockNotReserved, StockReserved

OUT_OF_STOCK = "out_of_stock"
UNKNOWN_PRODUCT = "unknown_product"
MOST_ON_HAND = 2**53 - 1
"""How much of a product may be put on the shelf: JSON's readers keep no larger number exactly."""


class Status(StrEnum):
    """Where a reservation stands."""

    HELD = "HELD"
    REFUSED = "REFUSED"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


USED = frozenset({Status.HELD, Status.COMMITTED})
"""Reservations in which an order has, or has taken, stock."""


class Alert(StrEnum):
    """What was said of how little is available of a product, and has not been made good since.

    Each change of a product decides, on the locked row (see ``shelves``):

    - When what is available falls to nothing, ``stock.depleted`` is said. What falls from above its threshold straight
      to nothing is depleted and nothing else: the worse news stands for both.
    - When it is no more than the threshold but something is left, ``stock.low`` is said. A threshold of 0 means that
      nothing is ever low.
    - Either is said once until the product has recovered: until more is available than the threshold and a margin on
      top, which is a tenth of the threshold and at least 1. What moves up and down below that is not said again, except
      that what was low may still fall to nothing.

    A product that begins with no more than its threshold begins as low, and nothing is said: nothing has fallen. One
    that is deleted is watched on, in silence.
    """

    NONE = "NONE"
    LOW = "LOW"
    DEPLETED = "DEPLETED"


class Wanted(Protocol):
    """A line of anything that wants stock."""

    @property
    def product_id(self) -> UUID:
        """Which product."""
        ...

    @property
    def quantity(self) -> int:
        """How many of it."""
        ...


class Move(msgspec.Struct, frozen=True):
    """Reservations in one of ``sources`` go to ``target``; any other stays where it is."""

    sources: frozenset[Status]
    target: Status


MOVES: Mapping[type[Message], Move] = {
    PaymentCompleted: Move(frozenset({Status.HELD}), Status.COMMITTED),
    PaymentFailed: Move(frozenset({Status.HELD}), Status.RELEASED),
    OrderCancelled: Move(frozenset({Status.HELD, Status.COMMITTED}), Status.RELEASED),
}


class Allotment(msgspec.Struct, frozen=True, kw_only=True):
    """What one order gets: ``short`` names the products it does not get, and ``reason`` why it gets nothing at all."""

    order: OrderCreated
    short: tuple[Shortage, ...] = ()
    reason: str | None = None

    @property
    def status(self) -> Status:
        """How the reservation begins."""
        return Status.REFUSED if self.reason else Status.HELD

    @property
    def dropped(self) -> list[bool]:
        """For each line of the order, whether it is left out."""
        missing = {shortage.product_id for shortage in self.short}
        return [self.reason is not None or line.product_id in missing for line in self.order.lines]

    @property
    def held(self) -> list[Line]:
        """The lines that stock is held for."""
        return [line for line, dropped in zip(self.order.lines, self.dropped, strict=True) if not dropped]

    @property
    def answer(self) -> StockReserved | StockNotReserved:
        """What to tell the others."""
        if self.reason:
            return StockNotReserved(order_id=self.order.order_id, reason=self.reason, short=self.short)
        return StockReserved(
            order_id=self.order.order_id,
            amount=sum(line.quantity * line.unit_price for line in self.held),
            currency=self.order.currency,
            payment_method=self.order.payment_method,
            short=self.short,
        )


def allot(orders: Iterable[OrderCreated], available: Mapping[UUID, int]) -> list[Allotment]:
    """Give what is available to the orders, first come, first served; a product not in ``available`` is not sold."""
    left = dict(available)
    allotments = []
    for order in orders:
        allotment = _allot(order, left)
        allotments.append(allotment)
        for product, quantity in quantities(allotment.held).items():
            left[product] -= quantity
    return allotments


def first_alert(stock: int, threshold: int) -> Alert:
    """Return how a new product begins."""
    return Alert.LOW if stock <= threshold else Alert.NONE


def quantities(lines: Iterable[Wanted]) -> Counter[UUID]:
    """Add up the lines of each product."""
    total: Counter[UUID] = Counter()
    for line in lines:
        total[line.product_id] += line.quantity
    return total


def short(wanted: Mapping[UUID, int], available: Mapping[UUID, int]) -> dict[UUID, int]:
    """Return the products of which more is wanted than available, and how many of each are."""
    return {product: available[product] for product, quantity in wanted.items() if quantity > available[product]}


def _allot(order: OrderCreated, left: Mapping[UUID, int]) -> Allotment:
    wanted = quantities(order.lines)
    names = {line.product_id: line.name for line in order.lines}
    short = tuple(
        Shortage(product_id=product, wanted=quantity, available=left.get(product, 0), name=names[product])
        for product, quantity in wanted.items()
        if product not in left or quantity > left[product]
    )
    some_fit = order.allow_partial and len(short) < len(wanted)
    if not short or some_fit:
        return Allotment(order=order, short=short)
    unknown = any(shortage.product_id not in left for shortage in short)
    return Allotment(order=order, short=short, reason=UNKNOWN_PRODUCT if unknown else OUT_OF_STOCK)
