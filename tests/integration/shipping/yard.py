"""The shipping room on a database, each step in a transaction of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from uuid_utils.compat import uuid7

from messages import Message
from messages.order import OrderCancellationRequested
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from workers.runtime.batch import Batch
from workers.runtime.database import Database, is_blocked
from workers.runtime.settings import Settings
from workers.shipping import agents, handlers, reports, rules, store, views
from workers.shipping.store import Report

_BUSY = text("SELECT name, busy FROM shipping.agent ORDER BY name")
_UNDER_WAY = text("""
    SELECT a.name, count(s.id) FROM shipping.agent a
      LEFT JOIN shipping.shipment s ON s.agent_id = a.id AND s.status IN ('PREPARING', 'IN_TRANSIT')
     GROUP BY 1 ORDER BY 1
""")
_BLOCKED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")
_LOCK = text("SELECT FROM shipping.shipment WHERE id = :id FOR UPDATE")
NOBODY = {"Ada": 0, "Bob": 0, "Cy": 0}
"""How busy everybody is when nothing is under way."""


class Yard:
    """What can happen to shipments; nothing takes time unless ``settings`` say so."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = replace(settings, handling_seconds=0, transit_seconds=0)

    async def hire(self, *names: str) -> None:
        async with self.database.transaction() as tx:
            for name in names:
                await agents.add(tx, name)

    async def prepare(self, *orders: UUID) -> None:
        paid = [PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1, currency="EUR") for order in orders]
        async with self.database.transaction() as tx:
            await handlers.prepare(Batch(paid), tx, self.settings)

    async def prepared(self) -> views.Shipment:
        order = uuid7()
        await self.prepare(order)
        return await self.of(order)

    async def stop(self, *orders: UUID) -> dict[UUID, type]:
        async with self.database.transaction() as tx:
            said = await handlers.stop(Batch(OrderCancellationRequested(order_id=order) for order in orders), tx)
        assert len(said) == len(orders)
        return {message.order_id: type(message) for message in said}

    async def dispatch(self, limit: int = 200) -> Sequence[OrderShipped]:
        async with self.database.transaction() as tx:
            return await handlers.dispatch(tx, limit, self.settings)

    async def deliver(self, limit: int = 200) -> Sequence[OrderDelivered]:
        async with self.database.transaction() as tx:
            return await handlers.deliver(tx, limit, self.settings)

    async def confirm(self, order: UUID) -> OrderDelivered | None:
        async with self.database.transaction() as tx:
            return await store.confirm_delivery(tx, order)

    async def report(
        self, shipment: UUID, status: rules.Status, location: str | None = None, note: str | None = None
    ) -> Sequence[Message] | None:
        """Report as a carrier does: who is told that it cannot be done now, because too many wait, comes again."""
        report = Report(status=status, location=location, note=note)
        while True:
            try:
                async with self.database.transaction() as tx:
                    return await reports.take(tx, shipment, report, rules.transit(self.settings))
            except DBAPIError as error:
                if not is_blocked(error):
                    raise

    async def get(self, shipment: UUID) -> views.Shipment:
        async with self.database.transaction() as tx:
            found = await views.get(tx, shipment)
        assert found
        return found

    async def of(self, order: UUID) -> views.Shipment:
        async with self.database.transaction() as tx:
            [found] = await views.page(tx, limit=2, order_id=order)
        return found

    @asynccontextmanager
    async def locked(self, shipment: UUID) -> AsyncIterator[None]:
        """Hold up whoever wants to change a shipment; who waits first comes first."""
        async with self.database.transaction() as tx:
            await tx.execute(_LOCK, {"id": shipment})
            yield

    async def busy(self) -> dict[str, int]:
        return await self._counts(_BUSY)

    async def under_way(self) -> dict[str, int]:
        return await self._counts(_UNDER_WAY)

    async def blocked(self) -> int:
        async with self.database.transaction() as tx:
            count: int = (await tx.execute(_BLOCKED)).scalar_one()
        return count

    async def _counts(self, statement: Any) -> dict[str, int]:
        async with self.database.transaction() as tx:
            return {row.name: row[1] for row in await tx.execute(statement)}


def types(said: Sequence[Message] | None) -> list[type]:
    return [type(message) for message in said or ()]


def is_forward(history: list[str]) -> bool:
    return history == sorted(history, key=lambda status: list(rules.Status).index(rules.Status(status)))


def statuses(shipment: views.Shipment) -> list[str]:
    return [event.status for event in shipment.history]
