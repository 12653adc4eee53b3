from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages import Customer
from tests.integration.order.desk import BUYER, Desk, new_order, paid
from workers.order import views
from workers.order.rules import Status

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@contextmanager
def counted(tx: AsyncConnection) -> Iterator[list[str]]:
    """Collect the statements sent."""
    sent: list[str] = []

    def collect(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(tx.sync_connection, "before_cursor_execute", collect)
    yield sent
    event.remove(tx.sync_connection, "before_cursor_execute", collect)


async def test_pages_follow_each_other_newest_first(desk: Desk) -> None:
    orders = [new_order() for _ in range(5)]
    await desk.accept(*orders)

    async with desk.database.transaction() as tx:
        first = await views.page(tx, limit=3)
        rest = await views.page(tx, limit=3, before=first[-1].id)

    assert [order.id for order in (*first, *rest)] == [order.id for order in reversed(orders)]
    assert len(first) == 3


async def test_a_page_takes_two_statements_however_long_it_is(desk: Desk) -> None:
    await desk.accept(*(new_order() for _ in range(20)))

    async with desk.database.transaction() as tx:
        with counted(tx) as sent:
            found = await views.page(tx, limit=20)

    assert len(sent) == 2
    assert [len(order.order_items) for order in found] == [2] * 20


async def test_orders_are_found_by_status_and_by_user(desk: Desk) -> None:
    other = Customer(user_id=uuid7(), name="Bob", email="bob@example.org")
    mine, his = await desk.accepted(), await desk.accepted(customer=other)
    await desk.hear(paid(his))

    async with desk.database.transaction() as tx:
        by_user = await views.page(tx, limit=9, user_id=BUYER.user_id)
        by_status = await views.page(tx, limit=9, status=Status.COMPLETED)
        by_both = await views.page(tx, limit=9, status="COMPLETED", user_id=BUYER.user_id)

    assert [order.id for order in by_user] == [mine]
    assert [order.id for order in by_status] == [his]
    assert by_both == []


async def test_orders_are_found_by_the_time_of_their_creation(desk: Desk) -> None:
    early, late = [await desk.accepted(created_at=NOON + timedelta(hours=hour)) for hour in (0, 1)]

    async with desk.database.transaction() as tx:
        since = await views.page(tx, limit=9, since=NOON + timedelta(hours=1))
        until = await views.page(tx, limit=9, until=NOON + timedelta(hours=1))

    assert [order.id for order in since] == [late]
    assert [order.id for order in until] == [early]
