"""Orders: taking them and finding them."""

from typing import Annotated

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter

from gateway.acceptance import PlaceOrder, shown
from gateway.examples import PRODUCT, USER
from gateway.intake import Asked
from gateway.once import claimed, created, replayed
from gateway.openapi import Creation, problems
from gateway.paging import Page, turn
from gateway.problems import missing
from gateway.tracing import traceparent
from gateway.wanted import Cursor, InDatabases, InIntake, Limit, PathId, Since, Until, UserId, moment
from messages.post.idempotency import Kept
from workers.order import views
from workers.order.rules import Status
from workers.order.views import Order

_EXAMPLE = Example(
    summary="Two of one product",
    value={"userId": USER, "orderItems": [{"productId": PRODUCT, "quantity": 2}], "paymentMethod": "tok_ok"},
)


@post(
    "/orders",
    summary="Place an order",
    tags=["Orders"],
    responses=problems(409, 413, 422),
    operation_class=Creation,
)
async def place_order(
    request: Request[None, None, State], data: Annotated[PlaceOrder, Body(examples=[_EXAMPLE])], intake: InIntake
) -> Response[Order]:
    """Place an order at today's prices; `submit: false` keeps it as a draft."""
    asked = Asked(order=data, traceparent=traceparent(request.scope["headers"]), claim=await claimed(request))
    taken = await intake.take(asked)
    return replayed(taken) if isinstance(taken, Kept) else created(request, shown(taken))


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
    period = {"since": moment("from", since), "until": moment("to", until)}
    async with databases.transaction("order") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor, status=status, user_id=user_id, **period)


@get("/orders/{id:str}", summary="Show an order", tags=["Orders"], responses=problems(400, 404))
async def get_order(databases: InDatabases, order_id: PathId) -> Order:
    """Show one order."""
    async with databases.transaction("order") as tx:
        order = await views.get(tx, order_id)
    if order is None:
        raise missing("order")
    return order
