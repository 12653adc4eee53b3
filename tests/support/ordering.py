"""Products and orders, written as the gateway writes them, for tests that hold the messages themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from messages import Customer, Line
from messages.order import OrderCreated
from messages.post.envelope import Envelope, enclose
from workers.order.store import NewOrder, accept
from workers.runtime.database import Database
from workers.stock.store import NewProduct, create_product

PRICE = 450


async def shelve(database: Database, stock: int) -> UUID:
    """Put a new product on the shelf."""
    async with database.transaction() as tx:
        return (await create_product(tx, NewProduct(name="Tea", price=PRICE, currency="EUR", stock=stock))).id


async def place(
    database: Database, wanted: Sequence[tuple[UUID, int]], *, method: str = "tok_ok", partial: bool = False
) -> Envelope:
    """Accept an order, and return what the gateway says of it."""
    lines = tuple(Line(product_id=each, name="Tea", quantity=count, unit_price=PRICE) for each, count in wanted)
    order = NewOrder(
        id=uuid7(),
        customer=Customer(user_id=uuid7(), name="Ada", email="ada@example.com"),
        lines=lines,
        total=sum(line.quantity * line.unit_price for line in lines),
        currency="EUR",
        payment_method=method,
        allow_partial=partial,
        shipping_address=None,
        submit=True,
        created_at=datetime.now(UTC),
    )
    async with database.transaction() as tx:
        await accept(tx, [order])
    created = OrderCreated(
        order_id=order.id,
        customer=order.customer,
        lines=order.lines,
        total=order.total,
        currency=order.currency,
        payment_method=method,
        allow_partial=partial,
    )
    return enclose(created, said_by="gateway")
