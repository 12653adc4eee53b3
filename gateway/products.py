"""The catalogue."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.fields import Amount, Currency, Name, Sku, Stock
from gateway.once import create
from gateway.openapi import Creation, problems
from gateway.paging import Page, turn
from gateway.problems import Problem, conflict, invalid, missing
from gateway.saying import Said, say
from gateway.tracing import traceparent
from gateway.wanted import Cursor, InDatabases, Limit, PathId
from messages.catalogue import ProductCreated, ProductDeleted, ProductUpdated
from messages.post import outbox
from workers.stock import store, views
from workers.stock.views import Product

_EXAMPLE = Example(summary="Tea", value={"name": "Green tea, 100 g", "price": 1250, "currency": "EUR", "stock": 100})
_CHANGES = [
    Example(summary="A new price", value={"price": 1390}),
    Example(summary="Be told when ten or fewer are left", value={"lowStockThreshold": 10}),
]


class NewProduct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A product to sell; `price` is in minor units of `currency`."""

    name: Name
    price: Amount
    sku: Sku | None = None
    currency: Currency = "EUR"
    stock: Stock = 0
    low_stock_threshold: Stock = 0


class ProductChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to be different; what is left out stays as it is, and a `sku` of null is none."""

    name: Name | UnsetType = UNSET
    price: Amount | UnsetType = UNSET
    sku: Sku | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    low_stock_threshold: Stock | UnsetType = UNSET


@post(
    "/products",
    summary="Add a product",
    tags=["Catalogue"],
    responses=problems(400, 409, 413, 422),
    operation_class=Creation,
)
async def create_product(
    request: Request[None, None, State],
    databases: InDatabases,
    data: Annotated[NewProduct, Body(examples=[_EXAMPLE])],
) -> Response[Product]:
    """Put a product into the catalogue.

    Whoever watches the stock is told, once, when what is available falls to `lowStockThreshold`, and once when nothing
    is left. Either is told again only after more was available than the threshold and a margin on top, which is a
    tenth of the threshold and at least 1. What falls straight to nothing is told as that alone; with a threshold of 0,
    nothing is ever low.
    """
    trace = traceparent(request.scope["headers"])
    return await create(request, databases, "stock", lambda tx: _create(tx, data, trace))


async def _create(tx: AsyncConnection, new: NewProduct, trace: str | None) -> Product:
    """Write a product and say so, in ``tx``."""
    try:
        product = await store.create_product(tx, store.NewProduct(**msgspec.structs.asdict(new)))
    except store.DuplicateSku:
        raise _duplicate() from None
    await _say(tx, _described(ProductCreated, product), trace)
    return product


@get("/products", summary="List products", tags=["Catalogue"], responses=problems(400))
async def list_products(databases: InDatabases, limit: Limit = 50, cursor: Cursor = None) -> Page[Product]:
    """List products, newest first."""
    async with databases.transaction("stock") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor)


@get("/products/{id:str}", summary="Show a product", tags=["Catalogue"], responses=problems(400, 404))
async def get_product(databases: InDatabases, product_id: PathId) -> Product:
    """Show one product."""
    async with databases.transaction("stock") as tx:
        product = await views.get(tx, product_id)
    if product is None:
        raise missing("product")
    return product


@put("/products/{id:str}", summary="Change a product", tags=["Catalogue"], responses=problems(400, 404, 409, 413))
async def change_product(
    request: Request[None, None, State],
    databases: InDatabases,
    data: Annotated[ProductChange, Body(examples=_CHANGES)],
    product_id: PathId,
) -> Product:
    """Describe or price a product otherwise. Orders that were accepted keep their price.

    A `lowStockThreshold` that is raised to what is available, or above, is a fall to it: see *Add a product*.
    """
    wanted = store.ProductChange(**msgspec.structs.asdict(data))
    if wanted == store.ProductChange():
        raise invalid({"": "Expected something to change"})
    try:
        async with databases.transaction("stock") as tx:
            changed = await store.change_product(tx, product_id, wanted)
            if changed and changed.after != changed.before:
                await _say(tx, _described(ProductUpdated, changed.after), traceparent(request.scope["headers"]))
    except store.DuplicateSku:
        raise _duplicate() from None
    if changed is None:
        raise missing("product")
    return changed.after


@delete(
    "/products/{id:str}",
    summary="Delete a product",
    tags=["Catalogue"],
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(400, 404),
)
async def delete_product(request: Request[None, None, State], databases: InDatabases, product_id: PathId) -> None:
    """Take a product out of the catalogue: it can no longer be ordered.

    What is held of it, or was sold, goes its way. Its `sku` may be used again. Deleted twice is deleted.
    """
    async with databases.transaction("stock") as tx:
        was_there = await store.delete_product(tx, product_id)
        if was_there:
            await _say(tx, ProductDeleted(product_id=product_id), traceparent(request.scope["headers"]))
    if was_there is None:
        raise missing("product")


async def _say(tx: AsyncConnection, message: Said, trace: str | None) -> None:
    await outbox.put(tx, [say(message, trace)])


def _described(kind: type[ProductCreated | ProductUpdated], product: Product) -> ProductCreated | ProductUpdated:
    return kind(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        price=product.price,
        currency=product.currency,
        low_stock_threshold=product.low_stock_threshold,
    )


def _duplicate() -> Problem:
    return conflict("duplicate-sku", "Duplicate sku", {"/sku": "Another product has this sku"})
