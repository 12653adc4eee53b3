"""A stock room to try things on: products, orders, and each handler in a transaction of its own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Customer, Line
from messages.order import OrderCancelled, OrderCreated
from messages.payment import PaymentCompleted, PaymentFailed
from messages.stock import StockNotReserved, StockReleased, StockReservationExpired, StockReserved
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.timeline import Entry
from workers.stock import handlers, store, views

PRICE = 250
BUYER = Customer(user_id=uuid7(), name="Ada", email="ada@example.org")

_LEDGER = text("SELECT kind, delta, order_id FROM stock.ledger WHERE product_id = :product ORDER BY id")


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

    async def product(self, stock: int) -> UUID:
        async with self.database.transaction() as tx:
            new = store.NewProduct(name="fruit", price=PRICE, currency="EUR", stock=stock)
            return (await store.create_product(tx, new)).id

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
