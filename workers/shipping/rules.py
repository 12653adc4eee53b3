"""What is decided about shipments: who takes which, and which can still be stopped."""

import heapq
from collections.abc import Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from messages.shipping import ShippingNotStopped, ShippingStopped


class Status(StrEnum):
    """Where a shipment stands."""

    PREPARING = "PREPARING"
    IN_TRANSIT = "IN_TRANSIT"
    DELIVERED = "DELIVERED"
    STOPPED = "STOPPED"


STOPPABLE = frozenset({Status.PREPARING})
"""What has not left; an order of which nothing is known yet can be stopped as well."""


def assign(orders: Sequence[UUID], busy: Mapping[UUID, int]) -> dict[UUID, UUID | None]:
    """Give each order, in turn, to the agent who is least busy by then; without agents, to nobody."""
    if not busy:
        return dict.fromkeys(orders)
    heap = [(count, agent) for agent, count in busy.items()]
    heapq.heapify(heap)
    assigned: dict[UUID, UUID | None] = {}
    for order in orders:
        count, agent = heap[0]
        heapq.heapreplace(heap, (count + 1, agent))
        assigned[order] = agent
    return assigned


def answer(order: UUID, status: Status) -> ShippingStopped | ShippingNotStopped:
    """Say whether a cancel came in time, by where the order's shipment stands after it."""
    return ShippingStopped(order_id=order) if status is Status.STOPPED else ShippingNotStopped(order_id=order)
