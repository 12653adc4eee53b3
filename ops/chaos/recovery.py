"""How long the fleet takes to be itself again, as a customer sees it: an order that arrives."""

import asyncio
import time
from functools import partial

from ops.chaos.customers import Customers
from ops.chaos.waiting import until

MOST_SECONDS = 180.0
_TOLD = {"order_delivered"}


async def measure(customers: Customers, *, told: bool = False, most: float = MOST_SECONDS) -> float | None:
    """Place an order and return the seconds until it is delivered, and its customer ``told``; None when that never is.

    It takes every room but the notifications', the relay, the gateway, the broker, the database and the provider.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(most):
            order = await customers.probe()
            await until(partial(_is_delivered, customers, order))
            if told:
                await until(partial(_is_told, customers, order))
    except TimeoutError:
        return None
    return time.monotonic() - began


async def _is_delivered(customers: Customers, order: str) -> bool:
    return (await customers.get(f"/orders/{order}")).get("status") == "DELIVERED"


async def _is_told(customers: Customers, order: str) -> bool:
    found = await customers.get(f"/notifications?orderId={order}")
    sent = {each["template"] for each in found.get("items", ()) if each["status"] == "SENT"}
    return sent >= _TOLD
