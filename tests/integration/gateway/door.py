"""The gateway in this process, with a small catalogue behind it and no broker anywhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import httpx
from litestar import Litestar

PROBLEM = "application/problem+json"


class Door:
    """Speaks HTTP, and knows what it has asked for."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(path, params=query or None)
        assert answer.status_code == HTTPStatus.OK, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    async def created(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == HTTPStatus.CREATED, answer.text
        assert answer.headers["location"] == f"{path}/{answer.json()['id']}"
        return answer.json()

    async def user(self, **changes: Any) -> Any:
        return await self.created("/users", {"name": "Ada", "email": f"{uuid4().hex}@example.com", **changes})

    async def product(self, **changes: Any) -> Any:
        return await self.created("/products", {"name": "Tea", "price": 1250, "stock": 10, **changes})

    async def wish(self, **changes: Any) -> dict[str, Any]:
        """The body of an order that can be accepted."""
        user, product = await self.user(), await self.product()
        return {"userId": user["id"], "orderItems": [{"productId": product["id"], "quantity": 2}], **changes}

    async def order(self, **changes: Any) -> Any:
        return await self.created("/orders", await self.wish(**changes))


@asynccontextmanager
async def open_door(app: Litestar) -> AsyncIterator[Door]:
    async with (
        _alive(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(cast("Any", app)), base_url="http://gateway") as http,
    ):
        yield Door(http)


@asynccontextmanager
async def _alive(app: Litestar) -> AsyncIterator[None]:
    """Keep the app up from a task of its own: a fixture begins in one task and ends in another."""
    up, down = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            up.set()
            await down.wait()

    life = asyncio.create_task(live())
    await up.wait()
    try:
        yield
    finally:
        down.set()
        await life


def problem(answer: httpx.Response, status: int) -> dict[str, str]:
    """Check that an answer is a whole problem, and return its errors by pointer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:orderfleet:problem:")
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    return {error["pointer"]: error["detail"] for error in body.get("errors", [])}
