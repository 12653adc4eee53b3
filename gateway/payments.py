"""What was charged, and what somebody says of it."""

from typing import Annotated, Any

from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter

from gateway.once import Keys, claimed, created, replayed
from gateway.openapi import Creation, problems
from gateway.paging import Page, turn
from gateway.paying import RecordPayment, StatusChange, change, payable, record
from gateway.problems import missing
from gateway.tracing import traceparent
from gateway.wanted import Cursor, InDatabases, Limit, OrderId, PathId
from workers.order import store
from workers.payment import views
from workers.payment.page import table
from workers.payment.views import Payment, Shown

_ID = "01980000-0000-7000-8000-000000000001"
_RECORD = [
    Example(
        summary="Paid at the counter",
        description="For an order as the example of *Place an order* makes it, with its id.",
        value={"orderId": _ID, "amount": 2980, "currency": "EUR", "method": "cash"},
    ),
    Example(
        summary="A transfer that is awaited",
        description="For an order as the example of *Place an order* makes it, with its id.",
        value={"orderId": _ID, "amount": 2980, "status": "PENDING"},
    ),
]
_CHANGE = [
    Example(
        summary="The transfer has come",
        description="With the id of a payment that was recorded as `PENDING`.",
        value={"paymentId": _ID, "status": "COMPLETED"},
    ),
    Example(
        summary="Given back by hand",
        description="With the id of a payment that was recorded as `COMPLETED`.",
        value={"paymentId": _ID, "status": "REFUNDED"},
    ),
]


@get("/payments", summary="List payments", tags=["Payments"], responses=problems(400))
async def list_payments(
    *,
    databases: InDatabases,
    order_id: OrderId = None,
    status: Annotated[Shown | None, QueryParameter()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Payment]:
    """List payments, newest first. One whose refund is under way is still `COMPLETED`."""
    async with databases.transaction("payment") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor, order_id=order_id, status=status)


@get("/payments/{id:str}", summary="Show a payment", tags=["Payments"], responses=problems(400, 404))
async def get_payment(databases: InDatabases, payment_id: PathId) -> Payment:
    """Show one payment."""
    async with databases.transaction("payment") as tx:
        payment = await views.get(tx, payment_id)
    if payment is None:
        raise missing("payment")
    return payment


@post(
    "/payments",
    summary="Record a payment",
    tags=["Payments"],
    responses=problems(400, 409, 413, 422),
    operation_class=Creation,
)
async def record_payment(
    request: Request[None, None, State], databases: InDatabases, data: Annotated[RecordPayment, Body(examples=_RECORD)]
) -> Response[Any]:
    """Record a payment that no provider takes, of an order that is `PENDING` or `RESERVED` and has no payment yet.

    The amount is what the order owes, to the penny. Nobody else is charged for it: the order goes on as soon as its
    stock is reserved, or, if the payment is `PENDING`, once it is `COMPLETED`. Money that no provider took is given
    back by hand, and `PUT /payments/status` says so.
    """
    claim = await claimed(request)
    async with databases.transactions("order", "payment") as (order_tx, tx):
        keys = await Keys.take(tx, [claim])
        if kept := keys.recall(claim):
            return replayed(kept)
        order = await store.hold(order_tx, data.order_id)  # it cannot fail or be cancelled before this is written
        payment = await record(tx, payable(order, data), traceparent(request.scope["headers"]))
        keys.settle(claim, payment)
        await keys.keep(tx)
    return created(request, payment)


@put(
    "/payments/status",
    summary="Change a payment by hand",
    tags=["Payments"],
    responses=problems(400, 404, 409, 413),
    description="Change a payment by hand, and have it announced. Asked for what it is, it stays as it is; anything "
    f"else is a conflict.\n\n{table()}",
)
async def change_payment(
    request: Request[None, None, State], databases: InDatabases, data: Annotated[StatusChange, Body(examples=_CHANGE)]
) -> Payment:
    """Change a payment, and say what follows from it, in one transaction."""
    async with databases.transaction("payment") as tx:
        return await change(tx, data, traceparent(request.scope["headers"]))
