"""Ordering through the gateway of a running fleet."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.support.processes import Fleet
from tests.support.waiting import eventually

ENDS = {"DELIVERED", "FAILED", "CANCELLED"}


class Shop:
    """A customer and a product, and orders of one for the other."""

    def __init__(self, fleet: Fleet, user: str, product: str) -> None:
        self._fleet = fleet
        self.user = user
        self.product = product

    @classmethod
    async def open(cls, fleet: Fleet, *, stock: int = 1000) -> "Shop":
        user = await fleet.post("/users", name="Ada", email=f"{uuid4().hex}@example.com")
        product = await fleet.post("/products", name="Tea", price=450, stock=stock)
        return cls(fleet, user["id"], product["id"])

    async def order(self, *, quantity: int = 1, method: str = "tok_ok") -> str:
        """Place an order and return its id."""
        items = [{"productId": self.product, "quantity": quantity}]
        placed = await self._fleet.post("/orders", userId=self.user, orderItems=items, paymentMethod=method)
        return str(placed["id"])

    async def orders(self, count: int, **what: Any) -> list[str]:
        """Place many orders, some at once."""
        placed: list[str] = []
        for start in range(0, count, 50):
            placed += await asyncio.gather(*(self.order(**what) for _ in range(start, min(start + 50, count))))
        return placed

    async def ended(self, order: str, *, seconds: float = 60) -> dict[str, Any]:
        """Wait for the end of an order, and return it."""

        async def look() -> dict[str, Any]:
            found = await self._fleet.get(f"/orders/{order}")
            return found if found["status"] in ENDS else {}

        return await eventually(look, what=f"the end of order {order}", seconds=seconds, every=0.05)

    async def all_ended(self, orders: list[str], *, seconds: float = 60) -> dict[str, str]:
        """Wait for the end of many orders, and return their states."""
        return {order: (await self.ended(order, seconds=seconds))["status"] for order in orders}

    async def stock(self) -> tuple[int, int]:
        """Return how much of the product there is, and how much of it is reserved."""
        found = await self._fleet.get(f"/products/{self.product}")
        return found["onHand"], found["reserved"]
