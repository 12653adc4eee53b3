"""Sets of payments that meet: whoever locks several does it in one order, or two would wait for each other."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from workers.payment import following, refunds
from workers.payment.errands import Charged, Followed
from workers.payment.handlers import room
from workers.payment.provider import Standing
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings

_ADD = text("""
    INSERT INTO payment.payment (id, order_id, amount, currency, method, status, reference, ask_at)
    VALUES (:id, :order, 5, 'EUR', 'pm_sepa', :status, 'pi_1', now())
    RETURNING ask_at
""")


async def test_what_is_followed_is_locked_in_the_order_of_every_other_set(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid, open_ = sorted((uuid7(), uuid7()))
    async with database.transaction() as tx:
        await tx.execute(_ADD, {"id": uuid7(), "order": paid, "status": "COMPLETED"})
        leased: datetime = (await tx.execute(_ADD, {"id": uuid7(), "order": open_, "status": "PENDING"})).scalar_one()
    steps = room.timers["follow"].steps
    assert steps is not None
    half_way, correct = asyncio.Event(), following.settle

    async def slow(tx: AsyncConnection, seen: Mapping[Any, Standing]) -> Any:
        half_way.set()
        await asyncio.sleep(0.3)
        return await correct(tx, seen)

    monkeypatch.setattr(following, "settle", slow)
    seen = Batch(
        (
            Followed(subject=open_, leased=leased, answer=Charged(subject=open_, reference="pi_1")),
            Followed(subject=paid, leased=leased, answer=Standing(taken=5, returned=0)),
        )
    )

    async def follow() -> None:
        async with database.transaction() as tx:
            await steps.settle(seen, tx, settings)

    async def cancel() -> None:
        await half_way.wait()
        async with database.transaction() as tx:
            await refunds.known(tx, [paid, open_])

    async with asyncio.timeout(5):
        await asyncio.gather(follow(), cancel())
