"""What is on its way, and what a carrier reports of it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.fields import Note, Place
from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.problems import missing, refused
from gateway.tracing import traceparent
from gateway.wanted import Cursor, InDatabases, InSettings, Limit, OrderId, PathId
from messages.post import outbox
from messages.post.envelope import enclose
from messages.shipping import OrderDelivered, OrderShipped
from workers.runtime.settings import Settings
from workers.shipping import reports, rules, views
from workers.shipping.store import Report
from workers.shipping.views import Shipment, Status

_EXAMPLES = [
    Example(summary="On its way", value={"status": "IN_TRANSIT", "location": "Leipzig", "note": "Sorted"}),
    Example(summary="Delivered", value={"status": "DELIVERED", "note": "Left with a neighbour"}),
]


class TrackingReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a carrier says of a shipment."""

    status: Status
    location: Place | None = None
    note: Note | None = None


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


@post(
    "/shipments/{id:str}/tracking",
    summary="Report where a shipment is",
    tags=["Shipments"],
    status_code=HTTPStatus.OK,
    responses=problems(400, 404, 409, 413),
)
async def report_tracking(
    request: Request[None, None, State],
    databases: InDatabases,
    settings: InSettings,
    data: Annotated[TrackingReport, Body(examples=_EXAMPLES)],
    shipment_id: PathId,
) -> Shipment:
    """Take a carrier's report, and return the shipment as it is then.

    * `IN_TRANSIT` dispatches what is being prepared: the customer hears of it, and it can no longer be cancelled.
      Reported again, with another `location` or `note`, it adds to the history.
    * `DELIVERED` ends the journey. What is delivered straight from the house has been dispatched on the way. Reported
      again, it gets the same answer.

    Nothing leads backwards, and nothing to or from `STOPPED`: 409.
    """
    report = Report(status=rules.Status(data.status), location=data.location, note=data.note)
    async with databases.transaction("shipping") as tx:
        said = await _take(tx, shipment_id, report, settings)
        trace = traceparent(request.scope["headers"])
        await outbox.put(tx, [enclose(message, said_by="shipping", traceparent=trace) for message in said])
        shipment = await views.get(tx, shipment_id)
    if shipment is None:
        raise missing("shipment")
    return shipment


async def _take(
    tx: AsyncConnection, shipment_id: UUID, report: Report, settings: Settings
) -> Sequence[OrderShipped | OrderDelivered]:
    try:
        return await reports.take(tx, shipment_id, report, rules.transit(settings)) or ()
    except reports.Unreachable as unreachable:
        raise refused(
            "A shipment only moves forward, and what was stopped stays.", {"/status": str(unreachable)}
        ) from None
