"""What becomes of an order whose carrier reports."""

from msgspec.structs import replace

from gateway.app import create_app
from tests.integration.gateway.changing import report
from tests.integration.gateway.door import Door, open_door
from tests.integration.gateway.following import Gateway
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings


async def test_a_reported_order_is_delivered_and_its_timeline_tells_where_it_was(
    database: Database, settings: Settings
) -> None:
    real = replace(settings, carrier="reported", handling_seconds=0, transit_seconds=0)
    async with open_door(create_app(real)) as door, Network(database, real) as network:
        order = await door.order()
        await network.relay()
        await network.drain("dispatch", "deliver")
        assert (await door.get(f"/orders/{order['id']}"))["status"] == "IN_TRANSIT"
        [shipment] = (await door.get("/shipments", orderId=order["id"]))["items"]
        await report(door, shipment, "IN_TRANSIT", location="Leipzig", note="Sorted")
        await report(door, shipment, "DELIVERED")
        await network.relay()
        await network.drain("dispatch", "deliver")
        assert (await door.get(f"/orders/{order['id']}"))["status"] == "DELIVERED"
        items = (await door.get(f"/orders/{order['id']}/timeline"))["items"]
    told = [(item["kind"], item["detail"]) for item in items if item["kind"].startswith("shipment.")]
    by = {"trackingNumber": shipment["trackingNumber"]}
    assert told == [
        ("shipment.preparing", {}),
        ("shipment.in_transit", by),
        ("shipment.in_transit", {**by, "location": "Leipzig", "note": "Sorted", "reportedBy": "carrier"}),
        ("shipment.delivered", {"reportedBy": "carrier"}),
    ]


async def test_a_cancel_that_shipping_hears_of_after_the_report_is_rejected(
    door: Door, database: Database, settings: Settings
) -> None:
    async with Network(database, settings) as network:
        order = await door.order()
        await network.relay()
        await network.drain("deliver")
        [shipment] = (await door.get("/shipments", orderId=order["id"]))["items"]
        assert (await door.http.delete(f"/orders/{order['id']}")).status_code == 202
        await report(door, shipment, "IN_TRANSIT")
        await network.relay()
        await network.drain("deliver")
    assert (await door.get(f"/orders/{order['id']}"))["status"] == "IN_TRANSIT"


async def test_who_follows_an_order_sees_where_it_is(first: Gateway, database: Database, settings: Settings) -> None:
    http = first.http
    user = (await http.post("/users", json={"name": "Ada", "email": "ada@example.com"})).json()
    product = (await http.post("/products", json={"name": "Tea", "price": 1250, "stock": 10})).json()
    wish = {"userId": user["id"], "orderItems": [{"productId": product["id"], "quantity": 1}]}
    order = (await http.post("/orders", json=wish)).json()["id"]
    async with Network(database, settings) as network:
        await network.relay()
        await network.drain("deliver")
    [shipment] = (await http.get("/shipments", params={"orderId": order})).json()["items"]
    async with first.follow(order) as stream:
        seen = {(await stream.take(1))[0].name}
        while "shipment.preparing" not in seen:
            seen.add((await stream.take(1))[0].name)
        place = {"status": "IN_TRANSIT", "location": "Leipzig"}
        await http.post(f"/shipments/{shipment['id']}/tracking", json=place)
        event = (await stream.take(1))[0]
        while event.name != "shipment.in_transit":
            [event] = await stream.take(1)
    assert event.entry["detail"]["location"] == "Leipzig"
