import asyncio
from typing import Any

from msgspec.structs import replace
from sqlalchemy import text

from messages.stock import StockReservationExpired
from tests.integration.stock.shop import Shop, order
from tests.support.waiting import eventually
from workers.stock import handlers

_AGE = text("UPDATE stock.reservation SET expires_at = expires_at - interval '1 hour'")
_MANY = text("""
    INSERT INTO stock.reservation (id, order_id, status, expires_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'COMMITTED', now() - n * interval '1 second'
      FROM generate_series(1, 20000) AS n
""")
_PLAN = text("""
    EXPLAIN SELECT id FROM stock.reservation
     WHERE expires_at > now() - interval '1 minute' AND expires_at <= now()
       AND status = 'HELD' AND asked_at IS NULL AND order_id IS NOT NULL
     ORDER BY expires_at LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED
""")
_STATISTICS = text("""
    SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = 'stock' AND relname = 'reservation'
""")


async def test_what_was_held_too_long_is_asked_about_once_and_stays_held(shop: Shop) -> None:
    apples = await shop.product(10)
    shop.settings = replace(shop.settings, reservation_seconds=0)
    overdue = order((apples, 3))
    await shop.reserve(overdue)
    shop.settings = replace(shop.settings, reservation_seconds=900)
    await shop.reserve(order((apples, 1)))

    assert await shop.expire() == [StockReservationExpired(order_id=overdue.order_id)]
    assert await shop.expire() == []
    assert await shop.shelf(apples) == (10, 4)


async def test_what_expired_while_nobody_looked_is_found_by_the_sweep(shop: Shop) -> None:
    overdue = order((await shop.product(1), 1))
    await shop.reserve(overdue)
    async with shop.database.transaction() as tx:
        await tx.execute(_AGE)
        assert await handlers.expire(tx, 100) == []
        assert await handlers.sweep(tx, 100) == [StockReservationExpired(order_id=overdue.order_id)]
        assert await handlers.sweep(tx, 100) == []


async def test_workers_share_what_has_expired(shop: Shop) -> None:
    apples = await shop.product(100)
    shop.settings = replace(shop.settings, reservation_seconds=0)
    orders = [order((apples, 1)) for _ in range(40)]
    await shop.reserve(*orders)

    asked = await asyncio.gather(*(shop.expire(10) for _ in range(4)))
    while rest := await shop.expire(10):
        asked.append(rest)

    assert sorted(message.order_id for part in asked for message in part) == sorted(each.order_id for each in orders)


async def test_a_long_history_is_not_read(shop: Shop) -> None:
    async with shop.database.transaction() as tx:
        await tx.execute(_MANY)
        await tx.execute(text("ANALYZE stock.reservation"))
        plan = "\n".join((await tx.execute(_PLAN)).scalars())
    assert "Index Scan using reservation_expires_at_idx" in plan


async def test_committing_touches_no_index(shop: Shop) -> None:
    apples = await shop.product(1000)
    orders = [order((apples, 1)) for _ in range(15)]
    await shop.reserve(*orders)
    await shop.commit(*(each.order_id for each in orders))

    async def settled() -> Any:
        async with shop.database.transaction() as tx:
            await tx.execute(text("SELECT pg_stat_force_next_flush()"))
            row = (await tx.execute(_STATISTICS)).one()
        return row if row.n_tup_upd >= 15 else None

    updates = await eventually(settled, what="the statistics")
    assert updates.n_tup_hot_upd == updates.n_tup_upd
