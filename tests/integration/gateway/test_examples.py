"""Every example of the OpenAPI document, sent as it stands to a stack that was just seeded.

What no seed can hold, an order on its way or a payment that is awaited, is made first, and only its id is put in.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias

import msgspec
import pytest
from sqlalchemy import text

from gateway.app import create_app
from ops import seed
from tests.integration.gateway.door import Door
from tests.support import burying
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings

_DUE = text("UPDATE shipping.shipment SET dispatch_at = now()")


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One example of one call."""

    call: str
    summary: str
    method: str
    path: str
    body: Any
    statuses: set[int]
    known: str | None


class World:
    """Makes what an example is about."""

    def __init__(self, door: Door, database: Database, settings: Settings, order: Any) -> None:
        self._door, self._database, self._settings, self._wish = door, database, settings, order

    async def order(self) -> dict[str, str]:
        return {"orderId": (await self._door.created("/orders", self._wish))["id"]}

    async def payment(self, status: str) -> dict[str, str]:
        order = await self.order()
        payment = await self._door.created("/payments", {**order, "amount": 2980, "status": status})
        return {"paymentId": payment["id"]}

    async def prepared(self) -> dict[str, str]:
        """A shipment that has not left."""
        order = await self.order()
        async with Network(self._database, self._settings) as network:
            await network.drain("follow")
        [shipment] = (await self._door.get("/shipments", **order))["items"]
        return {"{id}": shipment["id"]}

    async def on_its_way(self) -> dict[str, str]:
        """An order that has left."""
        order = await self.order()
        async with Network(self._database, self._settings) as network:
            await network.drain("follow")
            async with self._database.transaction() as tx:
                await tx.execute(_DUE)
            await network.drain("dispatch")
        return {"{id}": order["orderId"]}

    async def letter(self) -> dict[str, Any]:
        """A dead letter."""
        [letter_id] = await burying.write(self._database, burying.letter())
        return {"ids": [str(letter_id)]}


QUEUE = "Payment_StockReserved"
Make: TypeAlias = Callable[[World], Awaitable[dict[str, Any]]]
MADE: dict[str, Make] = {
    "Paid at the counter": World.order,
    "A transfer that is awaited": World.order,
    "The transfer has come": lambda world: world.payment("PENDING"),
    "Given back by hand": lambda world: world.payment("COMPLETED"),
    "Confirm the delivery": World.on_its_way,
    "One": World.letter,
}


def examples(document: Any) -> Iterator[Example]:
    for path, item in document["paths"].items():
        for method, call in item.items():
            known = [each.get("example") for each in call.get("parameters", []) if each["in"] == "path"]
            for each in (
                call.get("requestBody", {})
                .get("content", {})
                .get("application/json", {"examples": {}})["examples"]
                .values()
            ):
                yield Example(
                    call=call["operationId"],
                    summary=each["summary"],
                    method=method,
                    path=path,
                    body=each["value"],
                    statuses={int(status) for status in call["responses"] if int(status) < 400},
                    known=known[0] if known else None,
                )


DOCUMENT = create_app(Settings()).openapi_schema.to_schema()
EXAMPLES = list(examples(DOCUMENT))


def test_whatever_takes_a_body_has_an_example() -> None:
    calls = [call for item in DOCUMENT["paths"].values() for call in item.values()]
    assert {example.call for example in EXAMPLES} == {call["operationId"] for call in calls if "requestBody" in call}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.call}: {example.summary}")
async def test_it_works_when_pasted(example: Example, door: Door, database: Database, settings: Settings) -> None:
    await seed.sow(settings)
    world = World(door, database, settings, next(each.body for each in EXAMPLES if each.call == "placeOrder"))
    make = World.prepared if example.call == "reportTracking" else MADE.get(example.summary)
    made = await make(world) if make else {}
    path = example.path.replace("{id}", made.pop("{id}", example.known or "")).replace("{name}", QUEUE)
    assert made.keys() <= example.body.keys()
    answer = await door.http.request(example.method, path, json={**example.body, **made})
    assert answer.status_code in example.statuses, answer.text


async def test_what_an_address_is_tried_with_is_there(
    door: Door, settings: Settings, subtests: pytest.Subtests
) -> None:
    await seed.sow(settings)
    await seed.sow(settings)
    for path, item in (await door.get("/openapi.json"))["paths"].items():
        for parameter in item.get("get", {}).get("parameters", []):
            if "example" in parameter and not path.endswith("/events"):
                with subtests.test(path):
                    await door.get(path.replace("{id}", parameter["example"]))
