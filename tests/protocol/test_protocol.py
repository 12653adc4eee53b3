"""Every row of the protocol, on the real room and a real database."""

from typing import get_args

import pytest
from msgspec.structs import replace

from messages import OrderMessage
from tests.protocol.stage import ON_HAND, SHELVES, WANTED, Stage
from tests.protocol.states import BY_HAND, STATES, WISHES
from tests.protocol.table import OUTCOMES, ROWS, Row
from tests.support.network import Network
from tests.support.ordering import PRICE
from workers.fleet import ROOMS
from workers.order import rules as order
from workers.payment import rules as payment
from workers.payment.intent import Status as PaymentStatus
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.shipping.rules import Status as ShippingStatus
from workers.stock.rules import Status as StockStatus

IN_HOUSE = {
    ("notification", "take_due"),
    ("notification", "take_due_sms"),
    ("stock", "announce"),
    ("stock", "lapse"),
}
"""Timers that move no order."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.room}: {row.on} in {row.before}")
async def test_the_room_does_what_the_table_says(row: Row, database: Database, settings: Settings) -> None:
    at_once = replace(settings, handling_seconds=0, transit_seconds=0)
    async with Network(database, at_once) as network:
        stage = Stage(database, network, at_once, row.room)
        if row.room == "notification" and row.before == "recorded":
            await stage.begin("none")
            await stage.do(row.on)
        else:
            await stage.begin(row.before)
        assert await stage.state() == row.before

        said = await stage.do(row.on)

        assert (await stage.state(), said) == (row.after, sorted(row.says))
        if row.room == "stock":
            assert await stage.shelf() == SHELVES.get(row.after, (ON_HAND, 0))
        if row.room == "payment" and row.on not in OUTCOMES["payment"]:
            owed = {"COMPLETED", "REFUNDING", "REFUND_FAILED"}
            assert await stage.kept() == (WANTED * PRICE if row.after in owed else 0)


def test_the_table_lists_every_message_and_timer_in_every_state_and_nothing_else() -> None:
    about_orders = {
        handler.message.type()
        for room in ROOMS.values()
        for handler in room.handlers.values()
        if issubclass(handler.message, OrderMessage)
    }
    heard = {
        (name, message) for name, room in ROOMS.items() for _, message in room.listeners if message in about_orders
    }
    timed = {
        (name, f"timer {timer}")
        for name, room in ROOMS.items()
        for timer in room.timers
        if (name, timer) not in IN_HOUSE
    }
    known = heard | timed | {(name, on) for name, outcomes in OUTCOMES.items() for on in outcomes}
    wanted = {(room, on, state) for room, on in known for state in STATES[room]}

    listed = [(row.room, row.on, row.before) for row in ROWS]

    assert len(listed) == len(set(listed))
    assert set(listed) == wanted


def test_the_table_says_only_what_the_rooms_may_announce() -> None:
    for room_name, room in ROOMS.items():
        may = {message.type() for handler in room.handlers.values() for message in handler.may_announce}
        moving = (timer for timer in room.timers.values() if (room_name, timer.name) not in IN_HOUSE)
        may |= {message.type() for timer in moving for message in timer.announces}
        rows = [row for row in ROWS if row.room == room_name and row.on not in WISHES]
        assert {said for row in rows for said in row.says} == may


def test_the_table_knows_the_states_of_the_rooms() -> None:
    for room, statuses in {
        "order": set(order.Status),
        "stock": {"none", *StockStatus} - {StockStatus.EXPIRED},  # of a reservation that no order asked for
        "payment": {"none", *get_args(PaymentStatus)},
        "shipping": {"none", *ShippingStatus},
    }.items():
        assert {state.partition(",")[0] for state in STATES[room]} == statuses


def test_the_table_grants_the_wishes_that_the_rules_do() -> None:
    granted = {
        (row.before.partition(",")[0], row.on.rpartition(" ")[2])
        for row in ROWS
        if row.on.startswith(BY_HAND) and row.says
    }
    assert granted == {(step.before, step.wish) for step in payment.BY_HAND}


def test_the_table_moves_orders_as_the_rules_do() -> None:
    moved = {
        (row.on, row.before.partition(",")[0], row.after.partition(",")[0])
        for row in ROWS
        if row.room == "order" and row.before.partition(",")[0] != row.after.partition(",")[0]
    }
    heard = {move for move in order.MOVES if move.on not in (order.SUBMIT, order.DISCARD, order.CANCEL)}
    assert moved == {(move.on, source, move.target) for move in heard for source in move.sources}
