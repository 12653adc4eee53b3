"""The notification room in a test: its handlers and its timer, each step in a transaction of its own."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Customer, Line, OrderMessage
from messages.order import OrderCreated
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from workers.notification import views
from workers.notification.handlers import room
from workers.notification.postman import Postman
from workers.notification.rules import Mail
from workers.notification.views import Notification
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings

TIMER = room.timers["take_due"]
TIME_PASSES = text("UPDATE notification.notification SET due_at = now() WHERE status = 'PENDING'")
IS_DUE = text("SELECT count(*) FROM notification.notification WHERE status = 'PENDING' AND due_at <= now()")
BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")
SPOIL = text("UPDATE notification.notification SET detail = '{}' WHERE template = 'payment_confirmation'")


def created(order: UUID, address: str = "zoe@example.com", name: str = "Zoë Ångström") -> OrderCreated:
    return OrderCreated(
        order_id=order,
        customer=Customer(user_id=uuid7(), name=name, email=address),
        lines=(Line(product_id=uuid7(), name="Kännchen", quantity=2, unit_price=500),),
        total=1000,
        currency="EUR",
        payment_method="tok_ok",
    )


def journey(order: UUID) -> list[OrderMessage]:
    return [
        created(order),
        PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1000, currency="EUR"),
        OrderShipped(order_id=order, shipment_id=uuid7(), tracking_number="OF1"),
        OrderDelivered(order_id=order, shipment_id=uuid7()),
    ]


class Notifying:
    """The room's handlers and its timer, each step in a transaction of its own."""

    def __init__(self, database: Database, settings: Settings, postman: Postman) -> None:
        self.database, self.settings, self.postman = database, settings, postman
        assert TIMER.steps
        self.steps = TIMER.steps

    async def hear(self, *messages: OrderMessage) -> None:
        work = room.handlers[f"Notification_{type(messages[0]).__name__}"].work
        async with self.database.transaction() as tx:
            assert await work(Batch(messages), tx, self.settings) is None

    async def take(self, limit: int = 100) -> Sequence[Mail]:
        async with self.database.transaction() as tx:
            mails: Sequence[Mail] = await TIMER.work(tx, limit, self.settings)
        return mails

    async def send(self, mails: Sequence[Mail]) -> None:
        outcomes = await asyncio.gather(*(self.steps.call(mail, self.postman) for mail in mails))
        async with self.database.transaction() as tx:
            await self.steps.settle(Batch(outcomes), tx, self.settings)

    async def tick(self) -> int:
        mails = await self.take()
        await self.send(mails)
        return len(mails)

    async def execute(self, statement: Any) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(statement)

    async def count(self, statement: Any) -> int:
        async with self.database.transaction() as tx:
            counted: int = (await tx.execute(statement)).scalar_one()
        return counted

    async def are_blocked(self, number: int) -> bool:
        return await self.count(BLOCKED) == number

    async def all(self) -> list[Notification]:
        async with self.database.transaction() as tx:
            return await views.page(tx, limit=200)
