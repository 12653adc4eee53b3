"""A handler's types decide everything, and wrong ones fail at import."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCreated, OrderFailed
from messages.stock import StockNotReserved, StockReserved
from workers.runtime.batch import Batch, Errand, Outcome, Outside
from workers.runtime.handler import Steps
from workers.runtime.room import Room
from workers.runtime.settings import Settings
from workers.runtime.shape import ShapeError


class Ask(Errand, frozen=True, kw_only=True):
    pass


class Answer(Outcome, frozen=True, kw_only=True):
    pass


class World(Outside):
    pass


def test_the_types_name_the_queue_the_binding_and_what_may_be_announced() -> None:
    room = Room("Stock")

    @room.on
    async def reserve(orders: Batch[OrderCreated], tx: AsyncConnection) -> Sequence[StockReserved | StockNotReserved]:
        return []

    assert room.listeners == [("Stock_OrderCreated", "order.created")]
    handler = room.handlers["Stock_OrderCreated"]
    assert handler.may_announce == {StockReserved, StockNotReserved}
    assert not handler.single


def test_a_single_message_is_taken_as_such() -> None:
    room = Room("Stock")

    @room.on
    async def note(order: OrderCreated, tx: AsyncConnection, settings: Settings) -> StockReserved | None:
        return None

    assert room.handlers["Stock_OrderCreated"].single


def test_errands_lead_outside_and_back() -> None:
    room = Room("Payment")

    @room.on
    async def prepare(held: Batch[StockReserved], tx: AsyncConnection) -> Sequence[Ask]:
        return []

    @prepare.call
    async def call(errand: Ask, world: World) -> Answer:
        return Answer(subject=errand.subject)

    @call.settle
    async def settle(answers: Batch[Answer], tx: AsyncConnection) -> Sequence[OrderFailed]:
        return []

    handler = room.handlers["Payment_StockReserved"]
    assert handler.steps is not None
    assert handler.steps.outside is World
    assert handler.may_announce == {OrderFailed}


def test_errands_that_end_nowhere_do_not_start() -> None:
    with pytest.raises(TypeError, match="Payment_StockReserved prepares errands"):
        Steps().require_complete("Payment_StockReserved")


def test_a_queue_has_one_handler() -> None:
    room = Room("Stock")

    async def note(orders: Batch[OrderCreated], tx: AsyncConnection) -> None: ...

    room.on(note)
    with pytest.raises(ShapeError, match="Stock_OrderCreated has a handler already"):
        room.on(note)


async def _untyped(orders, tx: AsyncConnection) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001
def _sync(orders: Batch[OrderCreated], tx: AsyncConnection) -> None: ...
async def _no_transaction(orders: Batch[OrderCreated]) -> None: ...
async def _both(orders: Batch[OrderCreated], tx: AsyncConnection, world: World) -> None: ...
async def _outside_first(orders: Batch[OrderCreated], world: World) -> None: ...
async def _no_message(orders: Batch[Answer], tx: AsyncConnection) -> None: ...
async def _mystery(orders: Batch[OrderCreated], tx: AsyncConnection): ...  # type: ignore[no-untyped-def]  # noqa: ANN202
async def _says_numbers(orders: Batch[OrderCreated], tx: AsyncConnection) -> Sequence[int]: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (_untyped, "parameter orders has no type"),
        (_sync, "must be an async function"),
        (_no_transaction, "comes the transaction"),
        (_both, "the outside is for a call, not for a transaction"),
        (_outside_first, "comes the transaction"),
        (_no_message, "must be a message or a Batch of one"),
        (_mystery, "must say what it returns"),
        (_says_numbers, "must return messages by their own types"),
    ],
)
def test_a_wrong_handler_is_refused_by_name(wrong: Any, sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence) as refused:
        Room("Stock").on(wrong)
    assert wrong.__name__ in str(refused.value)


def test_a_call_may_not_have_a_transaction() -> None:
    room = Room("Payment")

    @room.on
    async def prepare(held: Batch[StockReserved], tx: AsyncConnection) -> Sequence[Ask]:
        return []

    async def call(errand: Ask, tx: AsyncConnection) -> Answer:
        return Answer(subject=errand.subject)

    with pytest.raises(ShapeError, match="and no transaction"):
        prepare.call(call)  # type: ignore[type-var]


def test_a_timer_takes_a_transaction_and_the_size_of_its_bite() -> None:
    async def tick(tx: AsyncConnection) -> Sequence[OrderFailed]:
        return []

    with pytest.raises(ShapeError, match="must take"):
        Room("Stock").every(1)(tick)  # type: ignore[type-var]
