"""What was charged."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.problems import missing
from gateway.wanted import Cursor, InDatabases, Limit, OrderId, PathId
from workers.payment import views
from workers.payment.rules import Status
from workers.payment.views import Payment


@get("/payments", summary="List payments", tags=["Payments"], responses=problems(400))
async def list_payments(
    *,
    databases: InDatabases,
    order_id: OrderId = None,
    status: Annotated[Status | None, QueryParameter()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Payment]:
    """List payments, newest first."""
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
