"""What is decided about shipments: who takes which, which can still be stopped, and where a report leads."""

import heapq
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from messages.shipping import ShippingNotStopped, ShippingStopped
from workers.runtime.settings import Settings


class Status(StrEnum):
    """Where a shipment stands."""

    PREPARING = "PREPARING"
    IN_TRANSIT = "IN_TRANSIT"
    DELIVERED = "DELIVERED"
    STOPPED = "STOPPED"


STOPPABLE = frozenset({Status.PREPARING})
"""What has not left; an order of which nothing is known yet can be stopped as well."""
_JOURNEY = (Status.PREPARING, Status.IN_TRANSIT, Status.DELIVERED)


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


def steps(stands: Status, reported: Status) -> tuple[Status, ...] | None:
    """Return the steps that lead to what is reported, none of them left out; None when there is no way."""
    if stands not in _JOURNEY or reported not in _JOURNEY:
        return None
    here, there = _JOURNEY.index(stands), _JOURNEY.index(reported)
    return _JOURNEY[here + 1 : there + 1] if here <= there else None


def is_simulated(settings: Settings) -> bool:
    """Tell whether the clock plays the carrier; else nothing has arrived until it is reported."""
    return settings.carrier == "simulated"


def transit(settings: Settings) -> timedelta | None:
    """Return how long the simulated carrier takes, None for a real one."""
    return timedelta(seconds=settings.transit_seconds) if is_simulated(settings) else None
