"""What is decided about shipments: who takes which."""

import heapq
from collections.abc import Mapping, Sequence
from uuid import UUID


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
