"""Orders: taking them and finding them."""

from http import HTTPStatus
from typing import Annotated

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
from workers.order import views
from workers.order.rules import Status
from workers.order.views import Order

_ID = "01980000-0000-7000-8000-000000000001"
_EXAMPLE = Example(
    summary="Two of one product",
    value={"userId": _ID, "orderItems": [{"productId": _ID, "quantity": 2}], "paymentMethod": "tok_ok"},
)


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
