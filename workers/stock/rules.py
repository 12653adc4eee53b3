"""What stock decides: who gets what is there, and which reservations a message may move. No I/O."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from uuid import UUID

import msgspec

from messages import Line, Message
from messages.order import OrderCancelled, OrderCreated
from messages.payment import PaymentCompleted, PaymentFailed
from messages.stock import Shortage, StockNotReserved, StockReserved

OUT_OF_STOCK = "out_of_stock"
UNKNOWN_PRODUCT = "unknown_product"


class Status(StrEnum):
    """Where a reservation stands."""

    HELD = "HELD"
    REFUSED = "REFUSED"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


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


def quantities(lines: Iterable[Line]) -> Counter[UUID]:
    """Add up the lines of each product."""
    total: Counter[UUID] = Counter()
    for line in lines:
        total[line.product_id] += line.quantity
    return total


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
