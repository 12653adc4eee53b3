"""Confirming by hand that an order has arrived."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.databases import Databases
from gateway.problems import missing, refused
from messages.post import outbox
from messages.post.envelope import Envelope, enclose
from messages.shipping import OrderDelivered
from workers.order import facts, history, views
from workers.order.views import Order
from workers.shipping import store
from workers.shipping import views as shipping


async def confirm(databases: Databases, order_id: UUID, traceparent: str | None) -> Order:
    """Have shipping end the journey, and return the order as it is then. Confirmed twice is confirmed.

    The order moves with the answer, so that the caller sees what was asked for; when its database is another than
    shipping's and fails between the two, the message moves it.

    Raises:
        Problem: when there is no such order, or it is not on its way.
    """
    async with databases.transactions("order", "shipping") as (tx, shipping_tx):
        order = await views.get(tx, order_id)
        if order is None:
            raise missing("order")
        delivered = await store.confirm_delivery(shipping_tx, order_id)
        if delivered is not None:
            envelope = enclose(delivered, said_by="shipping", traceparent=traceparent)
            await outbox.put(shipping_tx, [envelope])
            await _record(tx, delivered, envelope)
        elif not await _has_arrived(shipping_tx, order_id):
            raise refused(
                "Only an order that is on its way can be confirmed to have arrived.",
                {"/status": f"The order is {order.status}"},
            )
        return await views.get(tx, order_id) or order


async def _record(tx: AsyncConnection, delivered: OrderDelivered, envelope: Envelope) -> None:
    moved = await facts.forward(tx, [delivered.order_id], on=delivered.type())
    detail = {"status": status} if (status := moved.get(delivered.order_id)) else {}
    confirmed = history.Event(
        order_id=delivered.order_id,
        kind="order.delivery_confirmed",
        detail=detail,
        message_id=envelope.message_id,
    )
    await history.add(tx, [confirmed])


async def _has_arrived(tx: AsyncConnection, order_id: UUID) -> bool:
    return any(shipment.status == "DELIVERED" for shipment in await shipping.page(tx, limit=1, order_id=order_id))
