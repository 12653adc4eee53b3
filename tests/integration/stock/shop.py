"""A stock room to try things on: products, orders, and each handler in a transaction of its own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Customer, Line
from messages.order import OrderCancelled, OrderCreated
from messages.payment import PaymentCompleted, PaymentFailed
from messages.stock import (
    StockLevelChanged,
    StockNotReserved,
    StockReleased,
    StockReservationExpired,
    StockReserved,
)
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.timeline import Entry
from workers.stock import by_hand, handlers, reservation_views, store, views
from workers.stock.by_hand import NewReservation
from workers.stock.reservation_views import Reservation, ReservationItem

PRICE = 250
BUYER = Customer(user_id=uuid7(), name="Ada", email="ada@example.org")

_LEDGER = text("SELECT kind, delta, order_id FROM stock.ledger WHERE product_id = :product ORDER BY id")

_ALERTS = text("""
    SELECT substr(envelope ->> 'type', 7) FROM post.outbox
     WHERE envelope ->> 'subject' = :product AND envelope ->> 'type' IN ('stock.low', 'stock.depleted') ORDER BY id
""")


def order(*wanted: tuple[UUID, int], partial: bool = False) -> OrderCreated:
    lines = tuple(Line(product_id=item, name="fruit", quantity=quantity, unit_price=PRICE) for item, quantity in wanted)
    return OrderCreated(
        order_id=uuid7(),
        customer=BUYER,
        lines=lines,
        total=sum(line.quantity * PRICE for line in lines),
        currency="EUR",
        payment_method="tok_ok",
        allow_partial=partial,
    )


def paid(order_id: UUID) -> PaymentCompleted:
    return PaymentCompleted(order_id=order_id, payment_id=uuid7(), amount=PRICE, currency="EUR")


class Shop:
    """The stock room on a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.settings = Settings()

    async def product(self, stock: int, *, threshold: int = 0) -> UUID:
        async with self.database.transaction() as tx:
            new = store.NewProduct(
                name="fruit", price=PRICE, currency="EUR", stock=stock, low_stock_threshold=threshold
            )
            return (await store.create_product(tx, new)).id

    async def add(self, product: UUID, quantity: int) -> None:
        async with self.database.transaction() as tx:
            assert await store.add_stock(tx, product, quantity)

    async def remove(self, product: UUID, quantity: int) -> None:
        async with self.database.transaction() as tx:
            assert await store.remove_stock(tx, product, quantity)

    async def set_threshold(self, product: UUID, threshold: int) -> None:
        async with self.database.transaction() as tx:
            assert await store.change_product(tx, product, store.ProductChange(low_stock_threshold=threshold))

    async def reserve(self, *orders: OrderCreated) -> Sequence[StockReserved | StockNotReserved]:
        async with self.database.transaction() as tx:
            return await handlers.reserve(Batch(orders), tx, self.settings)

    async def commit(self, *orders: UUID) -> None:
        async with self.database.transaction() as tx:
            await handlers.commit(Batch(paid(order_id) for order_id in orders), tx)

    async def release(self, *orders: UUID) -> Sequence[StockReleased]:
        async with self.database.transaction() as tx:
            return await handlers.release(Batch(PaymentFailed(order_id=key, reason="no") for key in orders), tx)

    async def cancel(self, *orders: UUID) -> Sequence[StockReleased]:
        async with self.database.transaction() as tx:
            return await handlers.cancel(Batch(OrderCancelled(order_id=key) for key in orders), tx)

    async def expire(self, limit: int = 100) -> Sequence[StockReservationExpired]:
        async with self.database.transaction() as tx:
            return await handlers.expire(tx, limit)

    async def hold(self, *wanted: tuple[UUID, int], for_order: UUID | None = None, seconds: float = 900) -> Reservation:
        """Reserve by hand."""
        items = tuple(ReservationItem(product_id=product, quantity=quantity) for product, quantity in wanted)
        async with self.database.transaction() as tx:
            return await by_hand.reserve(tx, NewReservation(items=items, order_id=for_order, seconds=seconds))

    async def let_go(self, reservation: UUID) -> Reservation | None:
        async with self.database.transaction() as tx:
            return await by_hand.release(tx, reservation)

    async def lapse(self, limit: int = 100) -> None:
        async with self.database.transaction() as tx:
            await handlers.lapse(tx, limit)

    async def reservation(self, key: UUID) -> Reservation:
        async with self.database.transaction() as tx:
            found = await reservation_views.get(tx, key)
        assert found is not None
        return found

    async def levels(self, limit: int = 100) -> Sequence[StockLevelChanged]:
        """What the timer says now."""
        async with self.database.transaction() as tx:
            return await handlers.announce(tx, limit)

    async def alerts(self, product: UUID) -> list[str]:
        """The alerts about a product that were said so far."""
        async with self.database.transaction() as tx:
            return list((await tx.execute(_ALERTS, {"product": str(product)})).scalars())

    async def shelf(self, product: UUID) -> tuple[int, int]:
        """What is on hand, and what is reserved of it."""
        async with self.database.transaction() as tx:
            found = await views.get(tx, product)
        assert found is not None
        return found.on_hand, found.reserved

    async def ledger(self, product: UUID) -> list[tuple[str, int, UUID | None]]:
        async with self.database.transaction() as tx:
            return [(row.kind, row.delta, row.order_id) for row in await tx.execute(_LEDGER, {"product": product})]

    async def timeline(self, order_id: UUID) -> list[Entry]:
        async with self.database.transaction() as tx:
            return await views.timeline(tx, order_id)
