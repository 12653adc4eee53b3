"""Orders: taking them, finding them, and telling what happened to them."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader, State
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter

from gateway.acceptance import PlaceOrder, shown
from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.problems import missing
from gateway.tracing import traceparent
from gateway.wanted import Cursor, InDatabases, InIntake, Limit, PathId, Since, Until, UserId, require_offsets
from workers.notification import views as notification
from workers.order import views
from workers.order.rules import Status
from workers.order.views import Order
from workers.payment import views as payment
from workers.runtime.timeline import Entry
from workers.shipping import views as shipping
from workers.stock import views as stock

_ID = "01980000-0000-7000-8000-000000000001"
_EXAMPLE = Example(
    summary="Two of one product",
    value={"userId": _ID, "orderItems": [{"productId": _ID, "quantity": 2}], "paymentMethod": "tok_ok"},
)
_TELLERS = {
    "order": views.timeline,
    "stock": stock.timeline,
    "payment": payment.timeline,
    "shipping": shipping.timeline,
    "notification": notification.timeline,
}


class Timeline(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything that happened to an order, oldest first."""

    items: list[Entry]


@post(
    "/orders",
    summary="Place an order",
    tags=["Orders"],
    responses=problems(400, 413, 422),
    response_headers=[ResponseHeader(name="Location", documentation_only=True, description="The order's address")],
)
async def place_order(
    request: Request[None, None, State], data: Annotated[PlaceOrder, Body(examples=[_EXAMPLE])], intake: InIntake
) -> Response[Order]:
    """Place an order at today's prices; `submit: false` keeps it as a draft."""
    new = await intake.take(data, traceparent(request.scope["headers"]))
    return Response(shown(new), headers={"Location": f"/orders/{new.id}"}, status_code=HTTPStatus.CREATED)


@get("/orders", summary="List orders", tags=["Orders"], responses=problems(400))
async def list_orders(
    *,
    databases: InDatabases,
    status: Annotated[Status | None, QueryParameter()] = None,
    user_id: UserId = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Order]:
    """List orders, newest first."""
    require_offsets(**{"from": since, "to": until})
    filters = {"status": status, "user_id": user_id, "since": since, "until": until}
    async with databases.transaction("order") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor, **filters)


@get("/orders/{id:str}", summary="Show an order", tags=["Orders"], responses=problems(400, 404))
async def get_order(databases: InDatabases, order_id: PathId) -> Order:
    """Show one order."""
    async with databases.transaction("order") as tx:
        order = await views.get(tx, order_id)
    if order is None:
        raise missing("order")
    return order


@get("/orders/{id:str}/timeline", summary="What happened to an order", tags=["Orders"], responses=problems(400, 404))
async def get_timeline(databases: InDatabases, order_id: PathId) -> Timeline:
    """Tell everything that happened to an order, in every room, oldest first."""
    async with databases.transactions(*_TELLERS) as rooms:
        if await views.get(rooms[0], order_id) is None:
            raise missing("order")
        told = [await tell(tx, order_id) for tell, tx in zip(_TELLERS.values(), rooms, strict=True)]
    return Timeline(items=sorted((entry for entries in told for entry in entries), key=lambda entry: entry.at))
