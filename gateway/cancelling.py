"""Asking to cancel: one compare-and-set on the order, and the message to shipping in the same transaction."""

from uuid import UUID

from gateway.databases import Databases
from gateway.problems import missing, refused
from gateway.saying import say
from messages.order import OrderCancellationRequested
from messages.post import outbox
from workers.order import store, views
from workers.order.rules import Cancel
from workers.order.views import Order


async def cancel(databases: Databases, order_id: UUID, traceparent: str | None, *, at: str | None = None) -> Order:
    """Return the order as it is once it was asked to be cancelled, now or before; ``at`` points at the wish.

    Raises:
        Problem: when there is no such order, or it is too late.
    """
    request = OrderCancellationRequested(order_id=order_id)
    envelope = say(request, traceparent)
    async with databases.transaction("order") as tx:
        outcome = await store.request_cancel(tx, order_id, message_id=envelope.message_id)
        if outcome is Cancel.REQUESTED:
            await outbox.put(tx, [envelope])
        order = await views.get(tx, order_id)
    if order is None:
        raise missing("order")
    if outcome is Cancel.REFUSED:
        why = f"The order is {order.status}"
        raise refused("What has failed, left or arrived cannot be cancelled.", {at: why} if at else None)
    return order
