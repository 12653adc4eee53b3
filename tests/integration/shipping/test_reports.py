import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped
from tests.integration.shipping.yard import NOBODY, Yard, statuses, types
from workers.runtime.database import Database
from workers.shipping import views
from workers.shipping.reports import Unreachable
from workers.shipping.rules import Status

PREPARING, IN_TRANSIT, DELIVERED, STOPPED = Status


async def test_a_shipment_is_reported_from_the_house_to_the_door(slow: Yard) -> None:
    shipment = await slow.prepared()

    said = await slow.report(shipment.id, IN_TRANSIT, "Leipzig", "Sorted")
    left = await slow.get(shipment.id)
    assert left.tracking_number
    assert said == [
        OrderShipped(order_id=shipment.order_id, shipment_id=shipment.id, tracking_number=left.tracking_number)
    ]
    assert await slow.report(shipment.id, IN_TRANSIT, "Berlin") == []
    assert await slow.report(shipment.id, DELIVERED, note="Left with a neighbour") == [
        OrderDelivered(order_id=shipment.order_id, shipment_id=shipment.id)
    ]

    ended = await slow.get(shipment.id)
    assert (ended.status, ended.tracking_number) == ("DELIVERED", left.tracking_number)
    assert [(event.status, event.location, event.note) for event in ended.history] == [
        ("PREPARING", None, None),
        ("IN_TRANSIT", "Leipzig", "Sorted"),
        ("IN_TRANSIT", "Berlin", None),
        ("DELIVERED", None, "Left with a neighbour"),
    ]
    assert await slow.busy() == NOBODY


async def test_what_is_delivered_straight_from_the_house_has_left_it_on_the_way(slow: Yard) -> None:
    shipment = await slow.prepared()
    assert types(await slow.report(shipment.id, DELIVERED, "Berlin")) == [OrderShipped, OrderDelivered]
    ended = await slow.get(shipment.id)
    assert ended.tracking_number
    assert [(event.status, event.location) for event in ended.history] == [
        ("PREPARING", None),
        ("IN_TRANSIT", None),
        ("DELIVERED", "Berlin"),
    ]
    assert await slow.busy() == NOBODY


async def test_the_end_told_again_says_nothing_and_is_kept_only_if_it_is_news(slow: Yard) -> None:
    shipment = await slow.prepared()
    for location, note in [(None, None), (None, None), ("Berlin", None), ("Berlin", None), (None, None)]:
        await slow.report(shipment.id, DELIVERED, location, note)
    ended = await slow.get(shipment.id)
    assert statuses(ended) == ["PREPARING", "IN_TRANSIT", "DELIVERED", "DELIVERED"]
    assert await slow.busy() == NOBODY


@pytest.mark.parametrize(
    ("way", "reported"),
    [
        ([IN_TRANSIT], PREPARING),
        ([IN_TRANSIT], STOPPED),
        ([DELIVERED], IN_TRANSIT),
        ([DELIVERED], PREPARING),
        ([], STOPPED),
    ],
)
async def test_nothing_leads_backwards_or_to_a_stop(slow: Yard, way: list[Status], reported: Status) -> None:
    shipment = await slow.prepared()
    for status in way:
        await slow.report(shipment.id, status)
    before = await slow.get(shipment.id)
    with pytest.raises(Unreachable, match=f"The shipment is {before.status}"):
        await slow.report(shipment.id, reported, "Leipzig")
    assert await slow.get(shipment.id) == before


@pytest.mark.parametrize("reported", Status)
async def test_what_was_stopped_stays(slow: Yard, reported: Status) -> None:
    shipment = await slow.prepared()
    await slow.stop(shipment.order_id)
    with pytest.raises(Unreachable, match="The shipment is STOPPED"):
        await slow.report(shipment.id, reported)
    assert statuses(await slow.get(shipment.id)) == ["PREPARING", "STOPPED"]


async def test_nobody_knows_of_a_shipment_that_there_is_not(slow: Yard) -> None:
    assert await slow.report(uuid7(), DELIVERED) is None


async def test_what_was_reported_to_have_left_is_not_stopped(slow: Yard) -> None:
    shipment = await slow.prepared()
    await slow.report(shipment.id, IN_TRANSIT)
    assert await slow.stop(shipment.order_id) == {shipment.order_id: ShippingNotStopped}


async def test_the_simulated_carrier_brings_what_was_reported_to_have_left(yard: Yard) -> None:
    shipment = await yard.prepared()
    await yard.report(shipment.id, IN_TRANSIT)
    assert [message.subject for message in await yard.deliver()] == [shipment.order_id]


async def test_with_a_real_carrier_the_clock_dispatches_and_never_delivers(yard: Yard) -> None:
    simulated = yard.settings
    yard.settings = replace(simulated, carrier="reported")
    by_clock, by_report = await yard.prepared(), await yard.prepared()
    await yard.report(by_report.id, IN_TRANSIT)
    assert [message.subject for message in await yard.dispatch()] == [by_clock.order_id]
    assert await yard.deliver() == []
    yard.settings = simulated
    assert await yard.deliver() == [], "what a real carrier has is not for the simulated one to deliver"
    assert types(await yard.report(by_clock.id, DELIVERED)) == [OrderDelivered]


async def test_the_clock_stops_for_what_the_simulated_carrier_had_when_a_real_one_took_over(yard: Yard) -> None:
    await yard.prepared()
    await yard.dispatch()
    yard.settings = replace(yard.settings, carrier="reported")
    assert await yard.deliver() == []


async def test_the_timeline_tells_reports_from_the_clock(slow: Yard, database: Database) -> None:
    shipment = await slow.prepared()
    slow.settings = replace(slow.settings, handling_seconds=0)
    await slow.report(shipment.id, IN_TRANSIT, "Leipzig")
    await slow.report(shipment.id, IN_TRANSIT, "Berlin", "Out for delivery")
    clocked = await slow.prepared()
    await slow.dispatch()
    async with database.transaction() as tx:
        told = [(entry.kind, entry.detail) for entry in await views.timeline(tx, shipment.order_id)]
        [_, by_clock] = await views.timeline(tx, clocked.order_id)
    tracking = (await slow.get(shipment.id)).tracking_number
    by = {"trackingNumber": tracking, "reportedBy": "carrier"}
    assert told == [
        ("shipment.preparing", {"agent": "Ada"}),
        ("shipment.in_transit", {**by, "location": "Leipzig"}),
        ("shipment.in_transit", {**by, "location": "Berlin", "note": "Out for delivery"}),
    ]
    assert set(by_clock.detail) == {"trackingNumber"}
