"""What is on its way."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.problems import missing
from gateway.wanted import Cursor, InDatabases, Limit, OrderId, PathId
from workers.shipping import views
from workers.shipping.views import Shipment, Status


@get("/shipments", summary="List shipments", tags=["Shipments"], responses=problems(400))
async def list_shipments(
    *,
    databases: InDatabases,
    order_id: OrderId = None,
    status: Annotated[Status | None, QueryParameter()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Shipment]:
    """List shipments, newest first."""
    async with databases.transaction("shipping") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor, order_id=order_id, status=status)


@get("/shipments/{id:str}", summary="Show a shipment", tags=["Shipments"], responses=problems(400, 404))
async def get_shipment(databases: InDatabases, shipment_id: PathId) -> Shipment:
    """Show one shipment."""
    async with databases.transaction("shipping") as tx:
        shipment = await views.get(tx, shipment_id)
    if shipment is None:
        raise missing("shipment")
    return shipment
