"""What the stock room says."""

from uuid import UUID

import msgspec

from messages import OrderMessage, ProductMessage


class Shortage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A product of which less was available than the order wanted, or which is not sold at all."""

    product_id: UUID
    wanted: int
    available: int
    name: str = ""


class StockReserved(OrderMessage, frozen=True, kw_only=True, tag="stock.reserved"):
    """Stock is held for the order; ``amount`` is what to charge, in minor units of ``currency``.

    ``short`` names the products of a partial order whose lines were dropped.
    """

    amount: int
    currency: str
    payment_method: str
    short: tuple[Shortage, ...] = ()


class StockNotReserved(OrderMessage, frozen=True, kw_only=True, tag="stock.not_reserved"):
    """Nothing is held for the order; ``reason`` is ``out_of_stock`` or ``unknown_product``."""

    reason: str
    short: tuple[Shortage, ...] = ()


class StockReleased(OrderMessage, frozen=True, kw_only=True, tag="stock.released"):
    """What was held for the order is for sale again."""


class StockReservationExpired(OrderMessage, frozen=True, kw_only=True, tag="stock.reservation_expired"):
    """The order was not paid in time: payment is asked to give up, and stock stays held until it has answered."""


class StockLevelChanged(ProductMessage, frozen=True, kw_only=True, tag="stock.level_changed"):
    """There is more or less of a product than before; whatever changed since the last one is in it."""

    on_hand: int
    reserved: int
    available: int


class StockLow(ProductMessage, frozen=True, kw_only=True, tag="stock.low"):
    """What is available of a product has fallen to its threshold; said once until it has recovered."""

    sku: str | None
    name: str
    available: int
    threshold: int


class StockDepleted(ProductMessage, frozen=True, kw_only=True, tag="stock.depleted"):
    """Nothing is available of a product any more; said once until it has recovered."""

    sku: str | None
    name: str
