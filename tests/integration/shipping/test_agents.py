import asyncio
import random
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from tests.integration.shipping.yard import Yard
from workers.runtime.database import Database
from workers.shipping import agents
from workers.shipping.rules import Status

WRITERS = 8
_DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
_FLUSH = text("SELECT pg_stat_force_next_flush()")


async def deadlocks(database: Database) -> int:
    async with database.transaction() as tx:
        await tx.execute(_FLUSH)
    async with database.transaction() as tx:
        count: int = (await tx.execute(_DEADLOCKS)).scalar_one()
    return count


async def test_eight_writers_share_shipments_out_evenly(yard: Yard, database: Database) -> None:
    async def write(number: int) -> None:
        for _ in range(5):
            await yard.prepare(*(uuid7() for _ in range(3 + number % 4)))

    await asyncio.gather(*(write(number) for number in range(WRITERS)))

    busy = await yard.busy()
    assert busy == await yard.under_way()
    assert sum(busy.values()) == sum(5 * (3 + number % 4) for number in range(WRITERS))
    assert max(busy.values()) - min(busy.values()) <= 1
    assert await deadlocks(database) == 0


async def test_eight_writers_who_do_everything_count_right_and_never_deadlock(yard: Yard, database: Database) -> None:
    dice = random.Random(4)
    orders = [uuid7() for _ in range(240)]
    shipped: list[UUID] = []

    async def write(number: int) -> None:
        own = dice.sample(orders, len(orders))  # in no order, and everybody writes of every order
        for start in range(0, len(own), 40):
            some = own[start : start + 40]
            match (number + start // 40) % 4:
                case 0:
                    await yard.prepare(*some)
                case 1:
                    await yard.stop(*some)
                case 2:
                    shipped.extend(message.shipment_id for message in await yard.dispatch(40))
                    await yard.deliver(20)
                case _:
                    for shipment in shipped[-10:]:
                        await yard.report(shipment, Status.DELIVERED)

    await asyncio.gather(*(write(number) for number in range(WRITERS)))

    assert await yard.busy() == await yard.under_way()
    assert await deadlocks(database) == 0


async def test_payments_and_cancels_of_the_same_orders_never_deadlock(yard: Yard, database: Database) -> None:
    dice = random.Random(4)
    for _ in range(3):
        orders = [uuid7() for _ in range(240)]

        async def write(number: int, own: list[UUID]) -> None:
            for turn, start in enumerate(range(0, len(own), 40)):
                act = yard.prepare if (number + turn) % 2 else yard.stop
                await act(*own[start : start + 40])

        await asyncio.gather(*(write(number, dice.sample(orders, len(orders))) for number in range(WRITERS)))
    assert await yard.busy() == await yard.under_way()
    assert await deadlocks(database) == 0


async def test_an_agent_who_is_added_later_takes_part_at_once(yard: Yard) -> None:
    await yard.prepare(*(uuid7() for _ in range(30)))
    await yard.hire("Di")
    await yard.prepare(*(uuid7() for _ in range(6)))
    assert await yard.busy() == {"Ada": 10, "Bob": 10, "Cy": 10, "Di": 6}
    await yard.prepare(*(uuid7() for _ in range(12)))
    assert await yard.busy() == {"Ada": 12, "Bob": 12, "Cy": 12, "Di": 12}


async def test_agents_are_found_and_listed_newest_first(yard: Yard, database: Database) -> None:
    async with database.transaction() as tx:
        di = await agents.add(tx, " Di ", "+49 30 1")
        assert (di.name, di.phone, di.busy) == ("Di", "+49 30 1", 0)
        assert await agents.get(tx, di.id) == di
        assert await agents.get(tx, uuid7()) is None
        newest = await agents.page(tx, limit=10)
        assert [agent.name for agent in newest] == ["Di", "Cy", "Bob", "Ada"]
        assert await agents.page(tx, limit=2, before=newest[1].id) == newest[2:]
