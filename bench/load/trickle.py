"""A trickle: orders at a steady pace, whether or not the earlier ones have been answered."""

import asyncio
import random
from typing import Any

import httpx

from bench import catalogue


def post(port: int, *, rate: float, seconds: float, seed: int) -> int:
    """Post ``rate`` orders a second, and return how many were accepted."""
    return asyncio.run(_post(port, rate, round(rate * seconds), random.Random(seed)))  # noqa: S311 - not secrecy


async def _post(port: int, rate: float, orders: int, chance: random.Random) -> int:
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
        asyncio.TaskGroup() as group,
    ):
        begun = asyncio.get_running_loop().time()
        tasks = []
        for number in range(orders):
            await asyncio.sleep(begun + number / rate - asyncio.get_running_loop().time())
            tasks.append(group.create_task(_one(client, order(chance))))
    return sum(task.result() for task in tasks)


async def _one(client: httpx.AsyncClient, body: dict[str, Any]) -> bool:
    try:
        return (await client.post("/orders", json=body)).status_code == httpx.codes.CREATED
    except httpx.HTTPError:
        return False


def order(chance: random.Random) -> dict[str, Any]:
    """Return the body of an order, as the crowd's script makes them."""
    lines = [
        {"productId": str(catalogue.product(chance.randrange(catalogue.PRODUCTS))), "quantity": 1}
        for _ in range(chance.randint(1, 3))
    ]
    return {"userId": str(catalogue.user(chance.randrange(catalogue.USERS))), "orderItems": lines}
