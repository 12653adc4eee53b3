import asyncio
from collections import Counter

from messages import Message
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from tests.integration.shipping.yard import NOBODY, Yard, is_forward, statuses, types
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.shipping.reports import Unreachable
from workers.shipping.rules import Status

PREPARING, IN_TRANSIT, DELIVERED, STOPPED = Status


async def test_many_carriers_report_one_step_and_it_is_said_once(slow: Yard) -> None:
    shipment = await slow.prepared()
    for status, message in [(IN_TRANSIT, OrderShipped), (DELIVERED, OrderDelivered)]:
        async with slow.locked(shipment.id):
            reports = [asyncio.create_task(slow.report(shipment.id, status)) for _ in range(12)]
            await eventually(lambda: are_blocked(slow, 12), what="all of them to wait")
        said = await asyncio.gather(*reports)
        assert Counter(one for part in said for one in types(part)) == {message: 1}
    assert Counter(statuses(await slow.get(shipment.id))) == {"PREPARING": 1, "IN_TRANSIT": 12, "DELIVERED": 1}
    assert await slow.busy() == NOBODY


async def test_reports_of_different_steps_at_once_never_step_back(slow: Yard) -> None:
    shipments = [await slow.prepared() for _ in range(8)]
    reports = [
        slow.report(shipment.id, status) for shipment in shipments for status in (DELIVERED, IN_TRANSIT, DELIVERED)
    ]
    said = await asyncio.gather(*reports, return_exceptions=True)
    assert {type(answer) for answer in said if isinstance(answer, Exception)} <= {Unreachable}
    told = Counter(one for part in said if not isinstance(part, BaseException) for one in types(part))
    assert told == {OrderShipped: 8, OrderDelivered: 8}
    for shipment in shipments:
        history = statuses(await slow.get(shipment.id))
        assert is_forward(history)
        assert history[-1] == "DELIVERED"
    assert await slow.busy() == NOBODY


async def test_a_report_waits_for_the_cancel_that_came_first_and_is_refused(yard: Yard) -> None:
    await _raced(yard, stop_first=True)


async def test_a_cancel_waits_for_the_report_that_came_first_and_is_too_late(yard: Yard) -> None:
    await _raced(yard, stop_first=False)


async def are_blocked(yard: Yard, number: int) -> bool:
    return await yard.blocked() == number


async def _raced(yard: Yard, *, stop_first: bool) -> None:
    shipment = await yard.prepared()
    async with yard.locked(shipment.id):
        first, second = yard.stop(shipment.order_id), yard.report(shipment.id, IN_TRANSIT)
        if not stop_first:
            earlier: asyncio.Task[object] = asyncio.create_task(second)
            await eventually(lambda: are_blocked(yard, 1))
            later: asyncio.Task[object] = asyncio.create_task(first)
        else:
            earlier = asyncio.create_task(first)
            await eventually(lambda: are_blocked(yard, 1))
            later = asyncio.create_task(second)
        await eventually(lambda: are_blocked(yard, 2))
    answers = await asyncio.gather(earlier, later, return_exceptions=True)
    if stop_first:
        assert answers[0] == {shipment.order_id: ShippingStopped}
        assert isinstance(answers[1], Unreachable)
    else:
        assert answers[1] == {shipment.order_id: ShippingNotStopped}
    assert (await yard.get(shipment.id)).status == ("STOPPED" if stop_first else "IN_TRANSIT")


async def test_everything_at_once_says_each_step_once_and_frees_each_agent_once(yard: Yard, database: Database) -> None:
    shipments = [await yard.prepared() for _ in range(40)]
    cancelled = {shipment.order_id for shipment in shipments[::4]}
    said: list[Message] = []

    async def ticking() -> None:
        for _ in range(6):
            said.extend(await yard.dispatch(7))
            said.extend(await yard.deliver(7))

    async def reporting(status: Status, step: int) -> None:
        for shipment in shipments[::step]:
            try:
                said.extend(await yard.report(shipment.id, status) or ())
            except Unreachable as unreachable:
                assert str(unreachable).rpartition(" ")[2] in {"STOPPED", "DELIVERED"}  # noqa: PT017 - often there is none

    stopping = asyncio.create_task(yard.stop(*cancelled))
    await asyncio.gather(
        ticking(),
        ticking(),
        reporting(IN_TRANSIT, 1),
        reporting(DELIVERED, -1),
        reporting(DELIVERED, 1),
        reporting(IN_TRANSIT, -2),
    )

    gone = {shipment.order_id for shipment in shipments} - {
        order for order, answer in (await stopping).items() if answer is ShippingStopped
    }
    assert Counter((type(message), message.subject) for message in said) == Counter(
        (type_, order) for type_ in (OrderShipped, OrderDelivered) for order in gone
    )
    assert await yard.busy() == await yard.under_way() == NOBODY
    for shipment in shipments:
        assert is_forward(statuses(await yard.get(shipment.id)))
