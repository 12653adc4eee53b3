"""Finding out which of many orders have something new, with one query for each database."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from gateway.databases import Databases
from messages.post import failures, receipts
from workers.dead import timeline as dead
from workers.notification import views as notification
from workers.order import views as order
from workers.payment import views as payment
from workers.runtime.settings import OPERATIONS
from workers.shipping import views as shipping
from workers.stock import views as stock

PULSES = {
    "order": order.PULSE,
    "stock": stock.PULSE,
    "payment": payment.PULSE,
    "shipping": shipping.PULSE,
    "notification": notification.PULSE,
    OPERATIONS: dead.PULSE,
}


class Pulse:
    """Takes the pulses of orders: some numbers that change with their timelines."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._queries = [
            (rooms[0], text("UNION ALL".join((receipts.PULSE, failures.PULSE, *(PULSES[room] for room in rooms)))))
            for rooms in databases.together(*PULSES)
        ]

    async def take(self, orders: Sequence[UUID]) -> dict[UUID, frozenset[tuple[str, int]]]:
        """Return each order's pulse; those that no room knows have none."""
        found: defaultdict[UUID, set[tuple[str, int]]] = defaultdict(set)
        for room, query in self._queries:
            async with self._databases.transaction(room) as tx:
                for row in await tx.execute(query, {"orders": list(orders)}):
                    found[row.order_id].add((f"{room} {row.source}", row.beat))
        return {order_id: frozenset(beats) for order_id, beats in found.items()}
