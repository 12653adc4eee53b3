"""What happens to one order, product or user: each story is told once in a world, however many want to see it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from tests.support.processes import Fleet, MailBox
from tests.support.shopping import ENDS
from tests.support.subscribing import Subscriber
from tests.support.waiting import eventually

ADMIN = "admin@orderfleet.example"
LONG = 90.0
"""Seconds: a refund, or a charge, that fails on every rung of payment's ladder takes 36."""
ACCEPTED = 202


class World:
    """A running fleet with its mail and its events, in which stories are told."""

    def __init__(self, fleet: Fleet, box: MailBox, subscriber: Subscriber) -> None:
        self.fleet = fleet
        self.box = box
        self.subscriber = subscriber
        self._told: dict[str, asyncio.Task[str]] = {}

    def begin(self, name: str) -> asyncio.Task[str]:
        """Tell a story, if nobody has yet; its result is the id of whom it is about."""
        if name not in self._told:
            self._told[name] = asyncio.ensure_future(STORIES[name](self))
        return self._told[name]

    async def close(self) -> None:
        """Forget what is not told to its end."""
        for story in self._told.values():
            story.cancel()
        await asyncio.gather(*self._told.values(), return_exceptions=True)

    async def put(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.fleet.http.put(path, json=body)
        assert answer.is_success, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    async def user(self) -> str:
        made = await self.fleet.post("/users", name="Ada", email=f"{uuid4().hex}@example.com")
        return str(made["id"])

    async def product(self, **changes: Any) -> str:
        made = await self.fleet.post(
            "/products", **{"name": f"Tea {uuid4().hex[:6]}", "price": 450, "stock": 10, **changes}
        )
        return str(made["id"])

    async def order(self, *, quantity: int = 1, method: str = "tok_ok") -> str:
        """Let a customer of their own order something that nobody else orders."""
        items = [{"productId": await self.product(), "quantity": quantity}]
        placed = await self.fleet.post("/orders", userId=await self.user(), orderItems=items, paymentMethod=method)
        return str(placed["id"])

    async def cancel(self, order: str) -> None:
        assert (await self.fleet.http.delete(f"/orders/{order}")).status_code == ACCEPTED

    async def of(self, what: str, order: str, status: str = "") -> dict[str, Any]:
        """Wait for an order's payment, shipment or reservation, in a status if one is given."""

        async def look() -> dict[str, Any] | None:
            items = (await self.fleet.get(f"/{what}?orderId={order}"))["items"]
            return next((item for item in items if status in {"", item["status"]}), None)

        found = await eventually(look, what=f"{what} of {order} {status}", seconds=LONG, every=0.1)
        assert found
        return found

    async def ended(self, order: str) -> dict[str, Any]:
        """Wait for the end of an order."""

        async def look() -> dict[str, Any] | None:
            found = await self.fleet.get(f"/orders/{order}")
            return found if found["status"] in ENDS else None

        found = await eventually(look, what=f"the end of {order}", seconds=LONG, every=0.1)
        assert found
        return found

    async def kinds(self, order: str) -> list[str]:
        return [item["kind"] for item in (await self.fleet.get(f"/orders/{order}/timeline"))["items"]]


def ordered(**what: Any) -> Callable[[World], Awaitable[str]]:
    """An order that is left to itself."""

    async def tell(world: World) -> str:
        order = await world.order(**what)
        await world.ended(order)
        return order

    return tell


async def cancelled_unpaid(world: World) -> str:
    order = await world.order(method="tok_timeout")
    await world.of("payments", order, "PENDING")
    await world.cancel(order)
    await world.ended(order)
    return order


async def cancelled_paid(world: World) -> str:
    order = await world.order()
    await world.of("payments", order, "COMPLETED")
    await world.cancel(order)
    await world.ended(order)
    return order


async def cancelled_too_late(world: World) -> str:
    """The order room hears late that the parcel has left: the cancel is taken, and is too late all the same."""
    await world.fleet.stop("order")
    order = await world.order()
    await world.of("shipments", order, "DELIVERED")
    await world.cancel(order)
    await world.fleet.start("order")
    await world.ended(order)
    return order


async def not_refunded(world: World) -> str:
    order = await world.order(method="tok_refund_fails")
    await world.of("payments", order, "COMPLETED")
    await world.cancel(order)
    await world.of("payments", order, "REFUND_FAILED")
    return order


async def refunded_by_hand(world: World) -> str:
    order = await world.order()
    await world.ended(order)
    payment = await world.of("payments", order, "COMPLETED")
    await world.put("/payments/status", paymentId=payment["id"], status="REFUNDED")
    return order


async def catalogue(world: World) -> str:
    product = await world.product(sku=uuid4().hex[:8])
    await world.put(f"/products/{product}", name="Green tea", price=490)
    assert (await world.fleet.http.delete(f"/products/{product}")).is_success
    return product


async def run_out(world: World) -> str:
    product = await world.product(name="Rare tea", stock=10, lowStockThreshold=3)
    await world.put("/inventory/remove", productId=product, quantity=8)
    await world.subscriber.hears("stock.low", product)
    await world.put("/inventory/remove", productId=product, quantity=2)
    return product


async def registered(world: World) -> str:
    return await world.user()


STORIES: Mapping[str, Callable[[World], Awaitable[str]]] = {
    "not refunded": not_refunded,
    "expired": ordered(method="tok_error"),
    "paid": ordered(quantity=2),
    "out of stock": ordered(quantity=11),
    "declined": ordered(method="tok_declined"),
    "cancelled unpaid": cancelled_unpaid,
    "cancelled paid": cancelled_paid,
    "refunded by hand": refunded_by_hand,
    "catalogue": catalogue,
    "run out": run_out,
    "registered": registered,
    "cancelled too late": cancelled_too_late,
}
ALONE = frozenset({"cancelled too late"})
"""It stops a worker that the others want."""
