"""The catalogue."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body

from gateway.fields import Amount, Currency, Name, Sku, Stock
from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.problems import conflict, missing
from gateway.wanted import Cursor, InDatabases, Limit, PathId
from workers.stock import store, views
from workers.stock.views import Product

_EXAMPLE = Example(summary="Tea", value={"name": "Green tea, 100 g", "price": 1250, "currency": "EUR", "stock": 100})


class NewProduct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A product to sell; `price` is in minor units of `currency`."""

    name: Name
    price: Amount
    sku: Sku | None = None
    currency: Currency = "EUR"
    stock: Stock = 0
    low_stock_threshold: Stock = 0


@post("/products", summary="Add a product", tags=["Catalogue"], responses=problems(400, 409, 413))
async def create_product(
    databases: InDatabases, data: Annotated[NewProduct, Body(examples=[_EXAMPLE])]
) -> Response[Product]:
    """Put a product into the catalogue."""
    try:
        async with databases.transaction("stock") as tx:
            product = await store.create_product(tx, store.NewProduct(**msgspec.structs.asdict(data)))
    except store.DuplicateSku:
        raise conflict("duplicate-sku", "Duplicate sku", {"/sku": "Another product has this sku"}) from None
    return Response(product, headers={"Location": f"/products/{product.id}"}, status_code=HTTPStatus.CREATED)


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
