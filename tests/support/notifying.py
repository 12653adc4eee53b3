"""The notification room in a test: its handlers and its timers, each step in a transaction of its own."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Customer, Line, Message, OrderMessage
from messages.order import OrderCreated
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from workers.notification import store, views
from workers.notification.errands import Note
from workers.notification.handlers import room
from workers.notification.postman import Postman
from workers.notification.texters import Texting
from workers.notification.views import Notification
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.timeline import Entry

MAILS, TEXTS = "take_due", "take_due_sms"
TIME_PASSES = text("UPDATE notification.notification SET due_at = now(), leased_until = NULL WHERE status = 'PENDING'")
IS_DUE = text("SELECT count(*) FROM notification.notification WHERE status = 'PENDING' AND due_at <= now()")
BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")
SPOIL = text("UPDATE notification.notification SET detail = '{}' WHERE template = 'payment_confirmation'")
_TRIED_FOR = text("""
    UPDATE notification.notification SET tried_since = now() - :seconds * interval '1 second', due_at = now()
     WHERE status = 'PENDING' AND tried_since IS NOT NULL
""")
_PAUSES = text("""
    SELECT cast(extract(epoch FROM due_at - updated_at) AS int) FROM notification.notification
     WHERE status = 'PENDING' ORDER BY id
""")


def created(
    order: UUID, address: str = "zoe@example.com", name: str = "Zoë Ångström", phone: str | None = None
) -> OrderCreated:
    return OrderCreated(
        order_id=order,
        customer=Customer(user_id=uuid7(), name=name, email=address, phone=phone),
        lines=(Line(product_id=uuid7(), name="Kännchen", quantity=2, unit_price=500),),
        total=1000,
        currency="EUR",
        payment_method="tok_ok",
    )


def shipped(order: UUID) -> OrderShipped:
    return OrderShipped(order_id=order, shipment_id=uuid7(), tracking_number="OF1")


def delivered(order: UUID) -> OrderDelivered:
    return OrderDelivered(order_id=order, shipment_id=uuid7())


def journey(order: UUID) -> list[OrderMessage]:
    paid = PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1000, currency="EUR")
    return [created(order), paid, shipped(order), delivered(order)]


class Notifying:
    """The room's handlers and its timers, each step in a transaction of its own."""

    def __init__(self, database: Database, settings: Settings, outside: Postman | Texting, timer: str = MAILS) -> None:
        self.database, self.settings, self.outside = database, settings, outside
        self.timer = room.timers[timer]
        assert self.timer.steps
        self.steps = self.timer.steps

    async def hear(self, *messages: Message, ids: Sequence[UUID] | None = None) -> None:
        work = room.handlers[f"Notification_{type(messages[0]).__name__}"].work
        async with self.database.transaction() as tx:
            assert await work(Batch(messages, ids), tx, self.settings) is None

    async def take(self, limit: int = 100) -> Sequence[Any]:
        async with self.database.transaction() as tx:
            notes: Sequence[Note] = await self.timer.work(tx, limit, self.settings)
        return notes

    async def send(self, notes: Sequence[Any]) -> None:
        outcomes = await asyncio.gather(*(self.steps.call(note, self.outside) for note in notes))
        async with self.database.transaction() as tx:
            await self.steps.settle(Batch(outcomes), tx, self.settings)

    async def tick(self) -> int:
        notes = await self.take()
        await self.send(notes)
        return len(notes)

    async def resend(self, id_: UUID) -> None:
        async with self.database.transaction() as tx:
            await store.resend(tx, id_)

    async def try_for(self, hours: float) -> None:
        """Let the first attempt be so long ago, and the next one be due."""
        async with self.database.transaction() as tx:
            await tx.execute(_TRIED_FOR, {"seconds": hours * 3600})

    async def pauses(self) -> list[int]:
        async with self.database.transaction() as tx:
            return list((await tx.execute(_PAUSES)).scalars())

    async def execute(self, statement: Any) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(statement)

    async def count(self, statement: Any) -> int:
        async with self.database.transaction() as tx:
            counted: int = (await tx.execute(statement)).scalar_one()
        return counted

    async def are_blocked(self, number: int) -> bool:
        return await self.count(BLOCKED) == number

    async def all(self, **filters: Any) -> list[Notification]:
        async with self.database.transaction() as tx:
            return await views.page(tx, limit=200, **filters)

    async def told(self, order: UUID) -> list[Entry]:
        async with self.database.transaction() as tx:
            return await views.timeline(tx, order)
