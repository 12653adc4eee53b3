"""Changing an order: editing and submitting a draft, cancelling, confirming a delivery."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from litestar import Request, delete, put
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body

from gateway.cancelling import cancel
from gateway.confirming import confirm
from gateway.databases import Databases
from gateway.drafting import OrderChange, change_draft
from gateway.examples import OTHER_PRODUCT, PRODUCT
from gateway.openapi import problems
from gateway.pointers import pointer
from gateway.problems import Problem, invalid, missing, refused
from gateway.tracing import traceparent
from gateway.wanted import InDatabases, PathId
from workers.order import views
from workers.order.rules import ItemStatus, Status
from workers.order.views import Order

_EXAMPLES = [
    Example(
        summary="Edit a draft: three of one product, and one of another",
        value={"orderItems": [{"productId": PRODUCT, "quantity": 3}, {"productId": OTHER_PRODUCT, "quantity": 1}]},
    ),
    Example(summary="Submit a draft", value={"status": "PENDING"}),
    Example(summary="Cancel", value={"status": "CANCELLED"}),
    Example(summary="Confirm the delivery", value={"status": "DELIVERED"}),
]


@put("/orders/{id:str}", summary="Change an order", tags=["Orders"], responses=problems(400, 404, 409, 413, 422))
async def change_order(
    request: Request[None, None, State],
    databases: InDatabases,
    data: Annotated[OrderChange, Body(examples=_EXAMPLES)],
    order_id: PathId,
) -> Order:
    """Change an order. A call that is refused changes nothing.

    * `orderItems` edits a `DRAFT`. A line that stays keeps its price, one that is added has today's. `quantity` is
      how many of a product there will be in all, and `status: "CANCELLED"` drops it; one line at least has to stay.
    * `status: "PENDING"` submits a `DRAFT`, after the edits if there are any, at the prices that it shows.
    * `status: "CANCELLED"` asks to cancel, like `DELETE`.
    * `status: "DELIVERED"` confirms that an order which is on its way has arrived.
    """
    if wrong := dict(_contradictions(data)):
        raise invalid(wrong)
    trace = traceparent(request.scope["headers"])
    match data.status:
        case None | Status.PENDING if not _executed(data):
            return await change_draft(databases, order_id, data, trace)
        case Status.CANCELLED if data.order_items is None:
            return await cancel(databases, order_id, trace, at="/status")
        case Status.DELIVERED if data.order_items is None:
            return await confirm(databases, order_id, trace)
        case _:
            raise await _impossible(databases, order_id, data)


@delete(
    "/orders/{id:str}",
    summary="Cancel an order",
    tags=["Orders"],
    status_code=HTTPStatus.ACCEPTED,
    responses=problems(400, 404, 409),
)
async def cancel_order(request: Request[None, None, State], databases: InDatabases, order_id: PathId) -> Order:
    """Ask to cancel an order; its timeline tells what comes of that.

    The order is `CANCELLING`, a draft `CANCELLED` at once. Asking again gets the same answer. When it had left before
    shipping heard of the cancel, it goes on to `IN_TRANSIT`. What has failed, left or arrived cannot be cancelled: 409.
    """
    return await cancel(databases, order_id, traceparent(request.scope["headers"]))


def _contradictions(change: OrderChange) -> Iterator[tuple[str, str]]:
    if change.status is None and change.order_items is None:
        yield "", "Expected status, orderItems or both"
    named: set[UUID] = set()
    for index, item in enumerate(change.order_items or ()):
        if item.quantity is None and item.status is None:
            yield pointer("orderItems", index), "Expected quantity or status"
        if item.product_id in named:
            yield pointer("orderItems", index, "productId"), "This product was named before"
        named.add(item.product_id)


async def _impossible(databases: Databases, order_id: UUID, change: OrderChange) -> Problem:
    async with databases.transaction("order") as tx:
        order = await views.get(tx, order_id)
    if order is None:
        return missing("order")
    if executed := _executed(change):
        return refused("Lines are executed by paying for the order.", executed)
    if change.status in (Status.CANCELLED, Status.DELIVERED):
        return refused("Lines can be edited in a draft only.", {"/orderItems": f"Not together with {change.status}"})
    return refused(
        "Nobody can put an order there by hand.", {"/status": f"The order is {order.status}, not {change.status}"}
    )


def _executed(change: OrderChange) -> dict[str, str]:
    return {
        pointer("orderItems", index, "status"): "Only PENDING and CANCELLED can be asked for"
        for index, item in enumerate(change.order_items or ())
        if item.status is ItemStatus.EXECUTED
    }
