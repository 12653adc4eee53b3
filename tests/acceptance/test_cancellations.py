"""Hundreds of customers, each of whom may change their mind at any moment: everybody gets what they were told."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
import pytest

from ops.audit import Books, opened
from tests.support.auditing import impatient, violated
from tests.support.processes import EVERYTHING, Fleet
from tests.support.shopping import Shop
from tests.support.waiting import eventually

CUSTOMERS = 500
STOCK = 900  # too little for all of them
RUSH = 10.0
LONGEST_DOUBT = 2.0
METHODS = ["tok_ok"] * 6 + ["tok_declined", "tok_timeout"]
ACCEPTED, TOO_LATE = 202, 409


class Visit(NamedTuple):
    """What became of one customer: their order, and what was answered to each wish to cancel it."""

    order: str
    answers: list[int]


@pytest.fixture
async def books(running: Fleet) -> AsyncIterator[Books]:
    async with opened(impatient(running.settings)) as books:
        yield books


async def visit(fleet: Fleet, shop: Shop, dice: random.Random) -> Visit:
    """Order some time, and perhaps think better of it, once or twice."""
    quantity, method = dice.randint(1, 4), dice.choice(METHODS)
    doubts = [dice.uniform(0, LONGEST_DOUBT) for _ in range(dice.choice([0, 1, 1, 1, 2]))]
    await asyncio.sleep(dice.uniform(0, RUSH))
    order = await shop.order(quantity=quantity, method=method)
    answers = []
    for doubt in doubts:
        await asyncio.sleep(doubt)
        answers.append((await fleet.http.delete(f"/orders/{order}")).status_code)
    return Visit(order, answers)


async def was_rejected(fleet: Fleet, order: str) -> bool:
    items = (await fleet.get(f"/orders/{order}/timeline"))["items"]
    return "shipping.not_stopped" in {item["kind"] for item in items}


async def require_agreement(fleet: Fleet, visited: Visit, end: str) -> None:
    """Accepted: cancelled, unless it had left, and the timeline says so. Too late: it ended without a cancel."""
    assert set(visited.answers) <= {ACCEPTED, TOO_LATE}, visited
    match end:
        case "CANCELLED":
            assert set(visited.answers) == {ACCEPTED}, visited
        case "DELIVERED":
            assert (ACCEPTED in visited.answers) == await was_rejected(fleet, visited.order), visited
        case _:
            assert set(visited.answers) <= {TOO_LATE}, visited


async def test_five_hundred_customers_who_change_their_minds(running: Fleet, books: Books) -> None:
    running.settings = msgspec.structs.replace(running.settings, handling_seconds=0.5, transit_seconds=0.3)
    seed = int(os.environ.get("ORDERFLEET_TEST_SEED", random.randrange(2**32)))
    print(f"ORDERFLEET_TEST_SEED={seed}")  # noqa: T201 - shown when the test fails
    dice = random.Random(seed)
    await running.start(*EVERYTHING)
    shop = await Shop.open(running, stock=STOCK)
    customers = [random.Random(dice.random()) for _ in range(CUSTOMERS)]
    visiting = asyncio.gather(*(visit(running, shop, customer) for customer in customers))
    while not visiting.done():
        audit = await running.get("/audit")
        assert audit["ok"], audit
        await asyncio.sleep(0.5)
    visits = await visiting
    ends = await shop.all_ended([visited.order for visited in visits], seconds=120)
    print(Counter((ends[visited.order], *visited.answers) for visited in visits))  # noqa: T201 - as above
    for visited in visits:
        await require_agreement(running, visited, ends[visited.order])
    assert set(ends.values()) == {"CANCELLED", "DELIVERED", "FAILED"}, Counter(ends.values())
    assert {ACCEPTED, TOO_LATE} <= {answer for visited in visits for answer in visited.answers}

    async def is_clean() -> bool:
        return await violated(books) == {}

    await eventually(is_clean, what="an audit without a finding")
