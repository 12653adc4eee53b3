"""Shuffled across queues and repeated, the messages of an order end it as a serial run does."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Customer, Line
from messages.order import OrderCreated
from messages.post.envelope import enclose
from tests.support.network import Network
from workers.order.store import NewOrder, accept
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.stock.store import NewProduct, create_product

KINDS = {"paid": ("tok_ok", 5), "declined": ("tok_declined", 5), "out of stock": ("tok_ok", 1)}
TIMERS = ("dispatch", "deliver")


class End(NamedTuple):
    """How everything stands when nothing is left to deliver."""

    order: str
    reason: str | None
    furthest: str
    stock_back: bool
    reservation: str
    on_hand: int
    reserved: int
    payment: str | None
    shipment: str | None
    mails: tuple[str, ...]
    charges: int


class Case(NamedTuple):
    """An order at its beginning."""

    order: UUID
    product: UUID


_END = text("""
    SELECT o.status, o.failure_reason, o.furthest, o.stock_back, r.status, p.on_hand, p.reserved,
           (SELECT status FROM payment.payment WHERE order_id = o.id),
           (SELECT status FROM shipping.shipment WHERE order_id = o.id),
           (SELECT array_agg(template ORDER BY template) FROM notification.notification WHERE order_id = o.id),
           (SELECT count(*) FROM payment.simulated_charge WHERE key = o.id AND status = 'CHARGED')
      FROM "order"."order" o JOIN stock.reservation r ON r.order_id = o.id JOIN stock.product p ON p.id = :product
     WHERE o.id = :order
""")


async def begin(database: Database, network: Network, kind: str) -> Case:
    method, stock = KINDS[kind]
    async with database.transaction() as tx:
        product = await create_product(tx, NewProduct(name="Tea", price=450, currency="EUR", stock=stock))
        line = Line(product_id=product.id, name="Tea", quantity=2, unit_price=450)
        order = NewOrder(
            id=uuid7(),
            customer=Customer(user_id=uuid7(), name="Ada", email="ada@example.com"),
            lines=(line,),
            total=900,
            currency="EUR",
            payment_method=method,
            allow_partial=False,
            shipping_address=None,
            submit=True,
            created_at=datetime.now(UTC),
        )
        await accept(tx, [order])
    created = OrderCreated(
        order_id=order.id,
        customer=order.customer,
        lines=order.lines,
        total=order.total,
        currency=order.currency,
        payment_method=method,
    )
    network.say([enclose(created, said_by="gateway")])
    return Case(order.id, product.id)


async def end(database: Database, case: Case) -> End:
    async with database.transaction() as tx:
        row = (await tx.execute(_END, {"order": case.order, "product": case.product})).one()
    return End._make([*row[:9], tuple(row[9]), row[10]])


async def serial(database: Database, settings: Settings, kind: str) -> End:
    async with Network(database, settings) as network:
        case = await begin(database, network, kind)
        while True:
            while network.waiting:
                await network.deliver(0)
            await network.tick(*TIMERS)
            if not network.waiting:
                return await end(database, case)


async def shuffled(database: Database, settings: Settings, kind: str, data: st.DataObject) -> End:
    """Deliver whatever hypothesis picks, some of it twice, some of it long after everything else, timers in between."""
    async with Network(database, settings) as network:
        case = await begin(database, network, kind)
        late = []
        while True:
            while network.waiting:
                index = data.draw(st.integers(0, len(network.waiting) - 1), label="next")
                what = data.draw(st.sampled_from(["deliver", "deliver", "deliver twice", "repeat later", "tick"]))
                if what == "tick":
                    await network.tick(*TIMERS)
                    continue
                queue, envelope = network.waiting[index]
                await network.deliver(index)
                if what == "deliver twice":
                    await network.handle(queue, envelope)
                if what == "repeat later":
                    late.append((queue, envelope))
            await network.tick(*TIMERS)
            if not network.waiting:
                break
        for queue, envelope in late:
            await network.handle(queue, envelope)
        while network.waiting:
            await network.deliver(0)
        return await end(database, case)


@pytest.mark.parametrize("kind", KINDS)
def test_any_order_of_delivery_ends_like_the_serial_one(kind: str, settings: Settings) -> None:
    at_once = msgspec.structs.replace(settings, handling_seconds=0, transit_seconds=0)

    def run(work: Coroutine[Any, Any, End]) -> End:
        return asyncio.run(work)

    async def with_database(make: Any, *args: Any) -> End:
        database = Database(settings.room_database_url("order"), connections=5)
        try:
            reached: End = await make(database, at_once, kind, *args)
            return reached
        finally:
            await database.close()

    expected = run(with_database(serial))

    @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        assert run(with_database(shuffled, data)) == expected

    holds()
    assert expected.order == {"paid": "DELIVERED"}.get(kind, "FAILED")
