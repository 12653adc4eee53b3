"""How long the fleet takes to be itself again, as customers see it: an order that arrives, and mails."""

import asyncio
import os
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ops.chaos.customers import Customers
from ops.chaos.waiting import until

MOST_SECONDS = 180.0


async def measure(customers: Customers, *, mails: Path | None = None, most: float = MOST_SECONDS) -> float | None:
    """Place an order and return the seconds until it is delivered; None when it never is.

    It takes every room but the notifications', the relay, the gateway, the broker, the database and the provider. With
    ``mails``, where they are kept, one has to come as well: any, as those of this order stand behind all that waited.
    """
    since = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    began = time.monotonic()
    try:
        async with asyncio.timeout(most):
            order = await customers.probe()
            await until(partial(_is_delivered, customers, order))
            if mails:
                await until(partial(_has_come, mails, since))
    except TimeoutError:
        return None
    return time.monotonic() - began


async def _is_delivered(customers: Customers, order: str) -> bool:
    return (await customers.get(f"/orders/{order}")).get("status") == "DELIVERED"


async def _has_come(mails: Path, since: str) -> bool:
    """Tell whether a mail has come, by the names of their files: each begins with the time."""
    return await asyncio.to_thread(lambda: any(name > since for name in os.listdir(mails)))  # noqa: PTH208 - there are many
