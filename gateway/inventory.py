"""What is on the shelf."""

from typing import Annotated

import msgspec
from litestar import put
from litestar.openapi.spec import Example
from litestar.params import Body

from gateway.fields import Addition, Id
from gateway.openapi import problems
from gateway.problems import missing
from gateway.wanted import InDatabases
from workers.stock import store
from workers.stock.views import Product

_EXAMPLE = Example(summary="Fifty more", value={"productId": "01980000-0000-7000-8000-000000000001", "quantity": 50})


class Delivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """More of a product."""

    product_id: Id
    quantity: Addition


@put("/inventory/add", summary="Add stock", tags=["Catalogue"], responses=problems(400, 404, 413))
async def add_stock(databases: InDatabases, data: Annotated[Delivery, Body(examples=[_EXAMPLE])]) -> Product:
    """Put more of a product on the shelf."""
    async with databases.transaction("stock") as tx:
        product = await store.add_stock(tx, data.product_id, data.quantity)
    if product is None:
        raise missing("product")
    return product
