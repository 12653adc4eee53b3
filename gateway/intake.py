"""Group commit: orders that come at the same time are looked up, priced and written together, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.acceptance import PlaceOrder, accept, shown
from gateway.databases import Databases
from gateway.once import Keys
from gateway.problems import Problem
from gateway.saying import say
from messages import Customer
from messages.order import OrderCreated
from messages.post import outbox
from messages.post.envelope import Envelope
from messages.post.idempotency import Claim, Kept
from workers.account.views import customers as find_customers
from workers.order import store
from workers.order.store import NewOrder
from workers.runtime.coalesce import Coalescer
from workers.runtime.database import is_outage
from workers.stock.views import Price
from workers.stock.views import prices as find_prices

GROUP = 200
CONCURRENCY = 2

Taken: TypeAlias = NewOrder | Kept


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An order at the door, the trace that it belongs to, and the key under which it is placed only once."""

    order: PlaceOrder
    traceparent: str | None = None
    claim: Claim | None = None


class Intake:
    """Takes orders. Each caller gets an answer of their own, however many travel together."""

    def __init__(self, databases: Databases, *, limit: int = GROUP, concurrency: int = CONCURRENCY) -> None:
        self._databases = databases
        self._coalescer: Coalescer[Asked, Taken] = Coalescer(self._take, limit=limit, concurrency=concurrency)

    async def take(self, asked: Asked) -> NewOrder | Kept:
        """Accept an order, or return the answer that it got before.

        Raises:
            Problem: when it names a user or a product that there is not, cannot be priced, or its key is not free.
        """
        return await self._coalescer(asked)

    async def close(self) -> None:
        """Wait for those who are on their way."""
        await self._coalescer.drain()

    async def _take(self, group: list[Asked]) -> Sequence[Taken | Exception]:
        try:
            return await self._commit(group)
        except Exception as error:
            if len(group) == 1 or is_outage(error):
                raise
        return [await self._alone(asked) for asked in group]

    async def _alone(self, asked: Asked) -> Taken | Exception:
        try:
            return (await self._commit([asked]))[0]
        except Exception as error:  # noqa: BLE001 - it is this caller's answer
            return error

    async def _commit(self, group: list[Asked]) -> Sequence[Taken | Problem]:
        async with self._databases.transactions("order", "account", "stock") as (order, account, stock):
            keys = await Keys.take(order, (asked.claim for asked in group))
            customers = await find_customers(account, sorted({asked.order.user_id for asked in group}))
            prices = await find_prices(stock, sorted(_products(group)))
            answers = [_answer(asked, customers, prices, keys) for asked in group]
            await _write(order, answers, group)
            await keys.keep(order)
        return answers


async def _write(tx: AsyncConnection, answers: Sequence[Taken | Problem], group: Sequence[Asked]) -> None:
    accepted = [(new, asked) for new, asked in zip(answers, group, strict=True) if isinstance(new, NewOrder)]
    if accepted:
        await store.accept(tx, [order for order, _ in accepted])
        await outbox.put(tx, [_created(order, asked.traceparent) for order, asked in accepted if order.submit])


def _products(group: Sequence[Asked]) -> set[UUID]:
    return {item.product_id for asked in group for item in asked.order.order_items}


def _answer(
    asked: Asked, customers: Mapping[UUID, Customer], prices: Mapping[UUID, Price], keys: Keys
) -> Taken | Problem:
    try:
        if kept := keys.recall(asked.claim):
            return kept
        new = accept(asked.order, customers, prices)
    except Problem as problem:
        return problem
    if asked.claim:
        keys.settle(asked.claim, shown(new))
    return new


def _created(order: NewOrder, traceparent: str | None) -> Envelope:
    message = OrderCreated(
        order_id=order.id,
        customer=order.customer,
        lines=order.lines,
        total=order.total,
        currency=order.currency,
        payment_method=order.payment_method,
        allow_partial=order.allow_partial,
    )
    return say(message, traceparent)
