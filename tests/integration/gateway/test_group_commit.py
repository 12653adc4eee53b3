import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from tests.integration.gateway.door import Door, problem
from workers.order import store
from workers.order.store import NewOrder
from workers.runtime.database import Database

_TRANSACTIONS = text('SELECT count(DISTINCT cast(xmin AS text)) AS commits, count(*) AS orders FROM "order"."order"')
_STRAYS = text("""
    SELECT count(*) FROM "order"."order" o
      FULL JOIN (SELECT * FROM post.outbox WHERE envelope ->> 'type' = 'order.created') m
             ON m.envelope ->> 'subject' = cast(o.id AS text)
     WHERE o.id IS NULL OR m.id IS NULL
""")


async def test_orders_that_come_together_share_commits_and_a_bad_one_hurts_nobody(
    door: Door, database: Database
) -> None:
    wish = await door.wish()
    wishes = [wish] * 49
    wishes.insert(20, {**wish, "orderItems": [{"productId": str(uuid4()), "quantity": 1}]})
    answers = await asyncio.gather(*(door.http.post("/orders", json=each) for each in wishes))
    assert [answer.status_code for answer in answers].count(201) == 49
    assert problem(answers[20], 422) == {"/orderItems/0/productId": "There is no such product for sale"}
    async with database.transaction() as tx:
        counted = (await tx.execute(_TRANSACTIONS)).one()
        assert (await tx.execute(_STRAYS)).scalar_one() == 0
    assert counted.orders == 49
    assert counted.commits <= 5


async def test_an_order_that_breaks_the_group_is_found_and_the_others_are_taken(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store.accept

    async def accept(tx: AsyncConnection, orders: Sequence[NewOrder]) -> None:
        await whole(tx, orders)
        if any(order.payment_method == "tok_poison" for order in orders):
            await tx.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(store, "accept", accept)
    wish = await door.wish()
    wishes = [{**wish, "paymentMethod": "tok_poison" if n == 3 else "tok_ok"} for n in range(10)]
    with capture_logs() as lines:
        answers = await asyncio.gather(*(door.http.post("/orders", json=each) for each in wishes))
    assert [answer.status_code for answer in answers].count(201) == 9
    problem(answers[3], 500)
    assert "zero" not in answers[3].text
    (line,) = lines
    assert (line["event"], line["error"]) == ("request failed", "DataError(DivisionByZero)")
    assert wish["userId"] not in str(line)
    async with database.transaction() as tx:
        assert (await tx.execute(_TRANSACTIONS)).one().orders == 9
        assert (await tx.execute(_STRAYS)).scalar_one() == 0
