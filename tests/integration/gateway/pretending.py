"""A gateway that has the real console, and behind it nothing but hostile text."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import uvicorn
from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.datastructures import State

from gateway import console
from ops.local.ports import free_port
from tests.support.waiting import eventually

HOSTILE = "<img src=x onerror=window.ran=1><script>window.ran=1</script><svg onload=window.ran=1>\"'&lt;{{7*7}}"
GROUP = HOSTILE.replace("1", "#").replace("7", "#")
ID = "01980000-0000-7000-8000-000000000001"
AT = "2026-01-31T12:00:00.123456Z"


def hostile(*names: str, **others: Any) -> dict[str, Any]:
    return {**dict.fromkeys(names, HOSTILE), **others}


NUMBERS = {"ready": 1, "unacked": 2, "rate": 0.5, "consumers": 1, "retrying": 3, "dead": 4}
PAUSED = hostile("name", "room", paused=True, pause=hostile("by", "why", since=AT), **NUMBERS)
GOING = {"name": "Stock_OrderCreated", "room": "stock", "paused": False, "pause": None, **NUMBERS}
PROCESS = hostile("room", "host", started=AT, seen=AT, busy=0.5, memory=1)
WAITING = {**PROCESS, "pid": 1, "gone": False, "waiting": [hostile("part", "what", "error", "by", "why", since=AT)]}
GONE = {**PROCESS, "pid": 2, "gone": True, "waiting": []}
FLEET = hostile("status", at=AT, problems=[HOSTILE], queues=[PAUSED, GOING], processes=[WAITING, GONE])
LETTER = hostile("queue", "type", "orderId", "reason", "error", "worker", "body", id=ID, attempts=1)
LETTER |= {"firstFailedAt": AT, "lastFailedAt": AT}
WHOLE = LETTER | hostile("messageId", "exception", "host", status="dead", traceback=[HOSTILE], settledAt=None)
WHOLE |= {"properties": {HOSTILE: HOSTILE}, "original": {HOSTILE: [HOSTILE]}, "receivedAt": AT}
WHOLE |= {"actions": [hostile("kind", "by", "why", at=AT)]}
FORECAST = hostile("orderId", "orderStatus", "would", "error", id=ID, announces=[HOSTILE], asks=[{HOSTILE: HOSTILE}])
ITEM = hostile("name", "status", productId=ID, quantity=1, unitPrice=1)
ORDER = hostile("userId", "status", "failureReason", "currency", "paymentMethod", id=ID, total=1, allowPartial=False)
ORDER |= {"shippingAddress": {HOSTILE: HOSTILE}, "orderItems": [ITEM], "createdAt": AT, "updatedAt": AT}
ENTRY = hostile("room", "kind", at=AT, detail={HOSTILE: HOSTILE, "orderId": HOSTILE})
FINDING = hostile("name", "description", violations=2, examples=[{HOSTILE: HOSTILE, "orderId": ID}])
ANSWERS: dict[str, Any] = {
    "GET /fleet": {**FLEET, "rungs": [{"name": HOSTILE, "messages": 1}]},
    "GET /dead-letters": {
        "items": [LETTER],
        "groups": [{"queue": HOSTILE, "error": GROUP, "count": 1}],
        "nextCursor": None,
    },
    f"GET /dead-letters/{ID}": WHOLE,
    "POST /dead-letters/replay": {"dryRun": True, "items": [FORECAST]},
    "DELETE /dead-letters": {"items": [hostile("outcome", "detail", id=ID, orderId=None)]},
    "GET /orders": {"items": [ORDER], "nextCursor": None},
    f"GET /orders/{ID}": ORDER,
    "GET /audit": {"ok": False, "checkedAt": AT, "invariants": [FINDING]},
    "POST /queues/Stock_OrderCreated/pause": {},
}
STREAM = f"id: 00000000\r\nevent: {HOSTILE}\r\ndata: {json.dumps(ENTRY)}\r\n\r\n:\r\n\r\n"
METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE]


class Pretence:
    """Where it is, what it was asked to do, and which answers are another one for now."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[tuple[str, Any]] = []
        self.instead: dict[str, Response[Any]] = {}

    def answer(self, call: str, body: bytes) -> Response[Any]:
        self.asked.append((call, json.loads(body or b"null")))
        if call in self.instead:
            return self.instead[call]
        if call == f"GET /orders/{ID}/events":
            return Response(STREAM, media_type="text/event-stream")
        if call not in ANSWERS:
            return Response(problem(404, "There is nothing at this address."), status_code=404)
        return Response(ANSWERS[call])

    def bodies(self, call: str) -> list[Any]:
        return [body for each, body in self.asked if each == call]


def problem(status: int, detail: str) -> dict[str, Any]:
    return {"type": "urn:orderfleet:problem:x", "title": "x", "status": status, "detail": detail}


@asynccontextmanager
async def pretending() -> AsyncIterator[Pretence]:
    """Serve the console, and the answers above."""
    port = free_port()
    pretence = Pretence(f"http://127.0.0.1:{port}")

    @route("/{path:path}", http_method=METHODS, status_code=HTTPStatus.OK, include_in_schema=False)
    async def anything(request: Request[None, None, State]) -> Response[Any]:
        return pretence.answer(f"{request.method} {request.url.path}", await request.body())

    app = Litestar([console.router(), anything], openapi_config=None, logging_config=None)
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: server.started, what="a server")
        yield pretence
    finally:
        server.should_exit = True
        await serving
