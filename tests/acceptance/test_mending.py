"""Messages die of broken data; an operator sees them, mends the data and sends them again, and all orders end."""

import asyncio
import subprocess
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from messages.post.topology import WORK
from tests.support.broker import Broker
from tests.support.processes import WORKERS, Fleet
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.payment.handlers import room
from workers.runtime.database import Database

QUEUE = "Payment_StockReserved"
ORDERS = 15
LAST_ATTEMPT = len(room.ladder) + 1
_BREAK = text("ALTER TABLE payment.payment ADD CONSTRAINT broken CHECK (amount < 0)")
_MEND = text("ALTER TABLE payment.payment DROP CONSTRAINT broken")
_CHARGES = text("SELECT count(*) FROM payment.simulated_charge WHERE status = 'CHARGED'")


async def dead(fleet: Fleet, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``orderfleet dead`` in a process of its own."""
    return await asyncio.to_thread(fleet.run, "dead", *words)


async def skip_the_ladder(broker: Broker) -> None:
    """Let every message that waits be at its last attempt: this test is in a hurry."""
    for message in await broker.take(QUEUE, ORDERS):
        message.headers["attempt"] = LAST_ATTEMPT
        await broker.send_raw(message.body, message.properties, exchange=WORK, key=QUEUE)


async def letters(fleet: Fleet) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await fleet.get(f"/dead-letters?queue={QUEUE}"))["items"]
    return found


@pytest.fixture
async def orders(running: Fleet, broker: Broker, database: Database) -> list[str]:
    """Orders whose payment died."""
    await running.start("dead", "relay", "gateway")
    await running.start(*(name for name in WORKERS if name != "payment"))
    placed = await (await Shop.open(running)).orders(ORDERS)
    await eventually(lambda: waits(broker), what="messages for payment")
    await skip_the_ladder(broker)
    async with database.transaction() as tx:
        await tx.execute(_BREAK)
    await running.start("payment")
    await eventually(lambda: all_dead(running), what="dead letters")
    return placed


async def waits(broker: Broker) -> bool:
    return await broker.depth(QUEUE) == ORDERS


async def all_dead(fleet: Fleet) -> bool:
    return len(await letters(fleet)) == ORDERS


async def test_dead_letters_are_seen_tried_mended_and_replayed(
    running: Fleet, broker: Broker, database: Database, orders: list[str]
) -> None:
    assert {each["orderId"] for each in await letters(running)} == set(orders)
    listed = await dead(running, "list", QUEUE)
    assert f" {ORDERS} " in listed.stdout, listed
    assert "CheckViolation" in listed.stdout

    tried = await dead(running, "replay", "--queue", QUEUE, "--dry-run")
    assert tried.stdout.count("(RESERVED): would fail: CheckViolation") == ORDERS, tried

    burnt = await dead(running, "replay", "--queue", QUEUE, "--by", "ada", "--why", "hope")
    assert burnt.returncode == 1
    assert f"1 failed again, {ORDERS - 1} kept" in burnt.stdout, burnt

    async with database.transaction() as tx:
        await tx.execute(_MEND)
    told = await dead(running, "replay", "--queue", QUEUE, "--dry-run")
    assert told.stdout.count("would ask the outside: ask Charge") == ORDERS - 1, told
    replayed = await dead(running, "replay", "--queue", QUEUE, "--by", "ada", "--why", "the constraint is gone")
    assert (replayed.returncode, replayed.stderr) == (0, "")
    assert f"{ORDERS - 1} handled" in replayed.stdout

    ends = await (Shop(running, "", "")).all_ended(orders)
    assert Counter(ends.values()) == {"DELIVERED": ORDERS}
    async with database.transaction() as tx:
        assert (await tx.execute(_CHARGES)).scalar_one() == ORDERS
    assert await letters(running) == []
    assert await broker.depth(f"{QUEUE}.dead") == 0
    kinds = [item["kind"] for item in (await running.get(f"/orders/{orders[-1]}/timeline"))["items"]]
    way = ["message.dead", "letter.replayed", "payment.charged", "order.delivered"]
    assert [kind for kind in kinds if kind in way][: len(way)] == way
