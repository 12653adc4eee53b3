"""Handlers that mypy must refuse: each line marked ``E:`` is an error, and nothing else is."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCreated
from messages.stock import StockReserved
from workers.runtime.batch import Batch, Errand, Outcome, Outside
from workers.runtime.room import Room
from workers.runtime.settings import Settings

room = Room("Typing")


class Ask(Errand, frozen=True, kw_only=True):
    """An errand."""


class Answer(Outcome, frozen=True, kw_only=True):
    """An outcome."""


class Provider(Outside):
    """Some part of the outside."""


@room.on  # E:
async def transaction_and_outside(orders: Batch[OrderCreated], tx: AsyncConnection, outside: Provider) -> None: ...


@room.on  # E:
async def no_transaction(orders: Batch[OrderCreated]) -> None: ...


@room.on  # E:
async def announces_numbers(orders: Batch[OrderCreated], tx: AsyncConnection) -> Sequence[int]:
    return [1]


@room.on  # E:
def not_async(orders: Batch[OrderCreated], tx: AsyncConnection) -> None: ...


@room.on
async def prepare(orders: Batch[OrderCreated], tx: AsyncConnection) -> Sequence[Ask]:
    return [Ask(subject=order.order_id) for order in orders]


@prepare.call  # E:
async def call_in_transaction(errand: Ask, tx: AsyncConnection) -> Answer:
    return Answer(subject=errand.subject)


@prepare.call  # E:
async def call_without_outcome(errand: Ask, outside: Provider) -> int:
    return 1


@prepare.call
async def call(errand: Ask, outside: Provider) -> Answer:
    return Answer(subject=errand.subject)


@call.settle  # E:
async def settle_messages(orders: Batch[OrderCreated], tx: AsyncConnection) -> None: ...


@call.settle
async def settle(answers: Batch[Answer], tx: AsyncConnection, settings: Settings) -> Sequence[StockReserved]:
    return []


@room.every(1)  # E:
async def tick_without_limit(tx: AsyncConnection) -> Sequence[StockReserved]:
    return []


@room.every(1)
async def tick(tx: AsyncConnection, limit: int) -> Sequence[StockReserved]:
    return []
