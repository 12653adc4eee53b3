"""Editing and submitting drafts: today's prices for what is added, and the reasons why not."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.exc import DataError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.acceptance import MAX_ITEMS
from gateway.databases import Databases
from gateway.fields import MAX_AMOUNT, Id, Quantity
from gateway.pointers import pointer
from gateway.problems import missing, refused, unprocessable
from gateway.saying import say
from messages import Line
from messages.post import outbox
from workers.account.views import customers as find_customers
from workers.order import store, views
from workers.order.drafts import Edit, ImpossibleEdit, NotADraft
from workers.order.rules import ItemStatus, Status
from workers.order.views import Order
from workers.stock.views import prices as find_prices


class ItemChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How many of a product the draft is to have; `CANCELLED` drops it."""

    product_id: Id
    quantity: Quantity | None = None
    status: ItemStatus | None = None


class OrderChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to be different: the lines of a draft, where the order stands, or both."""

    status: Status | None = None
    order_items: Annotated[list[ItemChange], Meta(min_length=1, max_length=MAX_ITEMS)] | None = None


async def change_draft(databases: Databases, order_id: UUID, change: OrderChange, traceparent: str | None) -> Order:
    """Edit a draft, submit it, or both; nothing has happened when a Problem is raised."""
    async with databases.transactions("order", "stock", "account") as (tx, stock, account):
        order = await views.get(tx, order_id)
        if order is None:
            raise missing("order")
        try:
            if change.order_items:
                await _edit(tx, stock, order, change.order_items)
            if change.status is Status.PENDING:
                await _submit(tx, account, order_id, traceparent)
        except NotADraft:
            at = "/orderItems" if change.order_items else "/status"
            raise refused("Only a draft can be changed so.", {at: f"The order is {order.status}"}) from None
        return await views.get(tx, order_id) or order


async def _edit(tx: AsyncConnection, stock: AsyncConnection, order: Order, items: Sequence[ItemChange]) -> None:
    offers = await _offers(stock, order, items)
    try:
        total = await store.edit_draft(tx, order.id, [_edit_of(item) for item in items], offers)
    except ImpossibleEdit as impossible:
        raise unprocessable(
            "impossible-edit", "The draft cannot be edited so", dict(_located(impossible, items))
        ) from None
    except DataError:
        total = None  # more than the database can hold
    after = await views.get(tx, order.id) if total is not None and total <= MAX_AMOUNT else None
    if after is None:
        raise unprocessable("total-too-large", "Total too large", {"/orderItems": f"The most is {MAX_AMOUNT}"})
    if len(after.order_items) > MAX_ITEMS:
        raise unprocessable("too-many-items", "Too many lines", {"/orderItems": f"The most is {MAX_ITEMS}"})


async def _submit(tx: AsyncConnection, account: AsyncConnection, order_id: UUID, traceparent: str | None) -> None:
    """Have the order said; its lines cost what the draft showed, whatever the products cost by now."""
    if created := await store.submit_draft(tx, order_id):
        customers = await find_customers(account, [created.customer.user_id])  # a draft keeps no telephone number
        customer = customers.get(created.customer.user_id, created.customer)
        message = msgspec.structs.replace(created, customer=customer)
        await outbox.put(tx, [say(message, traceparent)])


async def _offers(stock: AsyncConnection, order: Order, items: Sequence[ItemChange]) -> dict[UUID, Line]:
    """Price what would be added."""
    present = {line.product_id for line in order.order_items if line.status is not ItemStatus.CANCELLED}
    wanted = {item.product_id for item in items if item.quantity and not _drops(item)}
    prices = await find_prices(stock, sorted(wanted - present))
    foreign = {
        pointer("orderItems", index, "productId"): f"Sold in {price.currency}, and the order is in {order.currency}"
        for index, item in enumerate(items)
        if (price := prices.get(item.product_id)) and price.currency != order.currency
    }
    if foreign:
        raise unprocessable("currency-mismatch", "Currencies differ", foreign)
    return {
        product: Line(product_id=product, name=price.name, quantity=1, unit_price=price.price)
        for product, price in prices.items()
    }


def _edit_of(item: ItemChange) -> Edit:
    return Edit(product_id=item.product_id, quantity=item.quantity, drop=_drops(item))


def _drops(item: ItemChange) -> bool:
    return item.status is ItemStatus.CANCELLED


def _located(impossible: ImpossibleEdit, items: Sequence[ItemChange]) -> Iterator[tuple[str, str]]:
    words = str(impossible)
    sentence = words[:1].upper() + words[1:]
    where = [index for index, item in enumerate(items) if item.product_id == impossible.product_id]
    yield (pointer("orderItems", where[0], "productId") if where else "/orderItems"), sentence
