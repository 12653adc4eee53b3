"""Stock that is held: for orders, and by hand."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.acceptance import MAX_ITEMS, Item
from gateway.examples import PRODUCT
from gateway.fields import Id
from gateway.once import create
from gateway.openapi import Creation, problems
from gateway.paging import Page, turn
from gateway.pointers import pointer
from gateway.problems import Problem, missing, refused, unprocessable
from gateway.wanted import Cursor, InDatabases, InSettings, Limit, OrderId, PathId
from workers.stock import by_hand
from workers.stock import reservation_views as views
from workers.stock.reservation_views import Reservation
from workers.stock.rules import Status

MAX_TTL = 30 * 24 * 3600
_EXAMPLE = Example(
    summary="Two of one product, for ten minutes",
    value={"orderItems": [{"productId": PRODUCT, "quantity": 2}], "ttlSeconds": 600},
)

Ttl = Annotated[
    int, Meta(ge=1, le=MAX_TTL, description="Without it, as long as an order's reservation", examples=[600])
]


class NewReservation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to hold; `orderId` is a note of whom it is meant for, and holds nothing for that order itself."""

    order_items: Annotated[list[Item], Meta(min_length=1, max_length=MAX_ITEMS)]
    order_id: Id | None = None
    ttl_seconds: Ttl | None = None


@post(
    "/reservations",
    summary="Reserve stock",
    tags=["Catalogue"],
    responses=problems(400, 409, 413, 422),
    operation_class=Creation,
)
async def reserve_stock(
    request: Request[None, None, State],
    databases: InDatabases,
    settings: InSettings,
    data: Annotated[NewReservation, Body(examples=[_EXAMPLE])],
) -> Response[Reservation]:
    """Hold stock by hand, all of it or nothing, until it is released or expires."""
    seconds = settings.reservation_seconds
    return await create(request, databases, "stock", lambda tx: _reserve(tx, data, seconds=seconds))


async def _reserve(tx: AsyncConnection, wanted: NewReservation, *, seconds: float) -> Reservation:
    """Write a reservation in ``tx``; it lasts for ``seconds`` unless it says otherwise."""
    items = tuple(
        views.ReservationItem(product_id=item.product_id, quantity=item.quantity) for item in wanted.order_items
    )
    new = by_hand.NewReservation(items=items, order_id=wanted.order_id, seconds=wanted.ttl_seconds or seconds)
    try:
        return await by_hand.reserve(tx, new)
    except by_hand.UnknownProducts as unknown:
        raise _unknown(wanted, unknown) from None
    except by_hand.NotAvailable as short:
        raise _short(wanted, short.available) from None


@get("/reservations", summary="List reservations", tags=["Catalogue"], responses=problems(400))
async def list_reservations(
    *,
    databases: InDatabases,
    order_id: OrderId = None,
    status: Annotated[Status | None, QueryParameter()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Reservation]:
    """List reservations, newest first: those of orders, and those by hand."""
    async with databases.transaction("stock") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor, order_id=order_id, status=status)


@get("/reservations/{id:str}", summary="Show a reservation", tags=["Catalogue"], responses=problems(400, 404))
async def get_reservation(databases: InDatabases, reservation_id: PathId) -> Reservation:
    """Show one reservation."""
    async with databases.transaction("stock") as tx:
        return _found(await views.get(tx, reservation_id))


@delete(
    "/reservations/{id:str}",
    summary="Release a reservation",
    tags=["Catalogue"],
    status_code=HTTPStatus.OK,
    responses=problems(400, 404, 409),
)
async def release_reservation(databases: InDatabases, reservation_id: PathId) -> Reservation:
    """Put back what is held by hand. What holds nothing any more stays as it is, so that asking again is safe.

    A reservation that an order is using is released by cancelling the order: 409.
    """
    try:
        async with databases.transaction("stock") as tx:
            return _found(await by_hand.release(tx, reservation_id))
    except by_hand.InUse:
        raise refused("An order is using this reservation; cancel the order to release it.") from None


def _found(reservation: Reservation | None) -> Reservation:
    if reservation is None:
        raise missing("reservation")
    return reservation


def _unknown(wanted: NewReservation, unknown: by_hand.UnknownProducts) -> Problem:
    wrong = {
        pointer("orderItems", index, "productId"): "There is no such product for sale"
        for index, item in enumerate(wanted.order_items)
        if item.product_id in unknown.products
    }
    return unprocessable("unknown-reference", "Unknown product", wrong)


def _short(wanted: NewReservation, available: Mapping[UUID, int]) -> Problem:
    """Point at every line of a product that is short: two lines of one product count together."""
    return Problem(
        HTTPStatus.CONFLICT,
        "There is not enough of everything, so nothing is reserved.",
        slug="not-enough-stock",
        title="Not enough stock",
        errors={
            pointer("orderItems", index, "quantity"): f"Only {available[item.product_id]} are available"
            for index, item in enumerate(wanted.order_items)
            if item.product_id in available
        },
    )
