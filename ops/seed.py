"""A small catalogue to order from, agents to deliver it, a user to order and a draft: the same ids in every stack."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Customer, Line
from workers.order import store, views
from workers.order.store import NewOrder
from workers.runtime.database import Database
from workers.runtime.settings import Settings

USER = UUID("01900000-0000-7000-8000-0000000000a1")
DRAFT = UUID("01900000-0000-7000-8000-0000000000b1")
PRODUCTS = {
    UUID("01900000-0000-7000-8000-000000000001"): ("TEA-001", "Darjeeling, first flush, 100 g", 1490, 100_000),
    UUID("01900000-0000-7000-8000-000000000002"): ("CUP-001", "Stoneware cup", 1850, 50_000),
    UUID("01900000-0000-7000-8000-000000000003"): ("KET-001", "Kettle, 1.2 l", 5900, 10_000),
    UUID("01900000-0000-7000-8000-000000000004"): ("TIN-001", "Tin with a lid", 750, 100_000),
}
AGENTS = {
    UUID("01900000-0000-7000-8000-0000000000d1"): ("Ada", "+44 20 7946 0001"),
    UUID("01900000-0000-7000-8000-0000000000d2"): ("Grace", "+44 20 7946 0002"),
    UUID("01900000-0000-7000-8000-0000000000d3"): ("Linus", "+44 20 7946 0003"),
}

_PRODUCTS = text("""
    WITH sown AS (
        INSERT INTO stock.product (id, sku, name, price, currency, on_hand, low_stock_threshold)
        SELECT id, sku, name, price, 'EUR', stock, 10
          FROM unnest(cast(:ids AS uuid[]), cast(:skus AS text[]), cast(:names AS text[]), cast(:prices AS bigint[]),
                      cast(:stocks AS bigint[])) AS seed (id, sku, name, price, stock)
         ORDER BY id
        ON CONFLICT DO NOTHING
        RETURNING id, on_hand
    )
    INSERT INTO stock.ledger (kind, product_id, delta) SELECT 'initial', id, on_hand FROM sown
""")
_AGENTS = text("""
    INSERT INTO shipping.agent (id, name, phone)
    SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:names AS text[]), cast(:phones AS text[])) ORDER BY 1
    ON CONFLICT DO NOTHING
""")
_USER = text("""
    INSERT INTO account."user" (id, name, email) VALUES (:id, :name, :email) ON CONFLICT DO NOTHING
""")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('orderfleet.seed'))")

_CUSTOMER = Customer(user_id=USER, name="Demo Customer", email="customer@orderfleet.example")


async def sow(settings: Settings) -> None:
    """Put in what is not there yet; what is there stays as it is."""
    skus, names, prices, stocks = (list(column) for column in zip(*PRODUCTS.values(), strict=True))
    products = {"ids": list(PRODUCTS), "skus": skus, "names": names, "prices": prices, "stocks": stocks}
    who, phones = (list(column) for column in zip(*AGENTS.values(), strict=True))
    await _write(settings, "stock", _PRODUCTS, products)
    await _write(settings, "shipping", _AGENTS, {"ids": list(AGENTS), "names": who, "phones": phones})
    await _write(settings, "account", _USER, {"id": USER, "name": _CUSTOMER.name, "email": _CUSTOMER.email})
    await _draft(settings)


async def _write(settings: Settings, room: str, statement: TextClause, values: Mapping[str, Any]) -> None:
    async with _transaction(settings, room) as tx:
        await tx.execute(statement, values)


async def _draft(settings: Settings) -> None:
    product, (_, name, price, _) = next(iter(PRODUCTS.items()))
    draft = NewOrder(
        id=DRAFT,
        customer=_CUSTOMER,
        lines=(Line(product_id=product, name=name, quantity=1, unit_price=price),),
        total=price,
        currency="EUR",
        payment_method="tok_ok",
        allow_partial=False,
        shipping_address=None,
        submit=False,
        created_at=datetime.now(UTC),
    )
    async with _transaction(settings, "order") as tx:
        await tx.execute(_ONE_AT_A_TIME)
        if await views.get(tx, DRAFT) is None:
            await store.accept(tx, [draft])


@asynccontextmanager
async def _transaction(settings: Settings, room: str) -> AsyncIterator[AsyncConnection]:
    database = Database(settings.room_database_url(room), connections=1, name="orderfleet seed")
    try:
        async with database.transaction() as tx:
            yield tx
    finally:
        await database.close()
