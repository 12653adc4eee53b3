"""What is on the shelf."""

from typing import Annotated

import msgspec
from litestar import put
from litestar.openapi.spec import Example
from litestar.params import Body

from gateway.examples import PRODUCT
from gateway.fields import Addition, Id
from gateway.openapi import problems
from gateway.problems import missing, refused
from gateway.wanted import InDatabases
from workers.stock import store
from workers.stock.views import Product

_MORE = Example(summary="Fifty more", value={"productId": PRODUCT, "quantity": 50})
_LESS = Example(summary="Three broken ones", value={"productId": PRODUCT, "quantity": 3})


class Movement(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Some of a product."""

    product_id: Id
    quantity: Addition


@put("/inventory/add", summary="Add stock", tags=["Catalogue"], responses=problems(400, 404, 409, 413))
async def add_stock(databases: InDatabases, data: Annotated[Movement, Body(examples=[_MORE])]) -> Product:
    """Put more of a product on the shelf. Where there is no room for so much: 409."""
    try:
        async with databases.transaction("stock") as tx:
            product = await store.add_stock(tx, data.product_id, data.quantity)
    except store.TooMuch as error:
        raise refused("The shelf has no room for so much.", {"/quantity": f"The most is {error.room}"}) from None
    if product is None:
        raise missing("product")
    return product


@put("/inventory/remove", summary="Remove stock", tags=["Catalogue"], responses=problems(400, 404, 409, 413))
async def remove_stock(databases: InDatabases, data: Annotated[Movement, Body(examples=[_LESS])]) -> Product:
    """Take some of a product off the shelf. What is reserved cannot be removed: 409."""
    try:
        async with databases.transaction("stock") as tx:
            product = await store.remove_stock(tx, data.product_id, data.quantity)
    except store.NotEnough as error:
        raise refused(
            "Nobody can remove more than is available.", {"/quantity": f"The most is {error.available}"}
        ) from None
    if product is None:
        raise missing("product")
    return product
