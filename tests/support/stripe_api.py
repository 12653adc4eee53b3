"""Stripe's API as far as it is used here, on a real socket: idempotency keys, declines, refunds, and bad days."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk_test_of_the_tests"
Answer = tuple[int, dict[str, Any]]

DECLINES = {
    "pm_card_visa_chargeDeclined": {"code": "card_declined", "decline_code": "generic_decline"},
    "pm_card_visa_chargeDeclinedInsufficientFunds": {"code": "card_declined", "decline_code": "insufficient_funds"},
    "pm_card_chargeDeclinedExpiredCard": {"code": "expired_card"},
    "pm_card_authenticationRequired": {"code": "authentication_required"},
}
STATUSES = {"pm_card_visa": "succeeded", "pm_sepa": "processing", "pm_card_threeDSecure": "requires_action"}
CANCELABLE = ("requires_payment_method", "requires_action", "requires_confirmation", "requires_capture")


@dataclass
class Saved:
    """The first request under a key: its parameters, and its answer once there is one."""

    params: dict[str, str]
    answer: Answer | None = None


@dataclass
class Request:
    method: str
    path: str
    params: dict[str, str]
    key: str | None


@dataclass
class StripeApi:
    """What Stripe knows; ``trouble`` is asked before each request and may answer, delay, or break it."""

    url: str = ""
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    saved: dict[str, Saved] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)
    trouble: Callable[[Request], Awaitable[Answer | None]] | None = None
    loses_answers: bool = False
    """Whether requests are carried out and their answers never sent."""
    refund_status: str = "succeeded"
    at_once: int = 0
    most_at_once: int = 0

    def refunds_of(self, intent_id: str) -> list[dict[str, Any]]:
        return [refund for refund in self.refunds.values() if refund["payment_intent"] == intent_id]

    @property
    def taken(self) -> int:
        """What was taken and is not given back."""
        amounts: list[int] = [intent["amount_received"] for intent in self.intents.values()]
        return sum(amounts) - self.returned

    @property
    def returned(self) -> int:
        lasting = (refund for refund in self.refunds.values() if refund["status"] not in ("failed", "canceled"))
        return sum(int(refund["amount"]) for refund in lasting)

    def of(self, order: Any) -> list[dict[str, Any]]:
        """The PaymentIntents of an order."""
        return [each for each in self.intents.values() if each["metadata"].get("order_id") == str(order)]

    def move(self, intent_id: str, status: str) -> dict[str, Any]:
        """Let a PaymentIntent go on by itself."""
        intent = self.intents[intent_id]
        intent["status"] = status
        intent["amount_received"] = intent["amount"] if status == "succeeded" else 0
        return intent

    def forget_keys(self) -> None:
        """Let a day pass."""
        self.saved.clear()

    async def answer(self, request: Request, authorization: str) -> Answer:
        self.seen.append(request)
        if self.trouble and (bad := await self.trouble(request)):
            return bad
        if authorization != f"Bearer {KEY}":
            return _error(401, "invalid_request_error", message="Invalid API Key provided")
        if request.method == "POST" and request.key:
            return await self._once(request)
        return self._route(request)

    async def _once(self, request: Request) -> Answer:
        assert request.key
        saved = self.saved.get(request.key)
        if saved is None:
            saved = self.saved[request.key] = Saved(request.params)
            status, body = self._route(request)
            if status == 400:  # what is not valid never begins, and its key stays free
                del self.saved[request.key]
            saved.answer = (status, json.loads(json.dumps(body)))
            return saved.answer
        if saved.answer is None:
            return _error(409, "idempotency_error", code="idempotency_key_in_use")
        if saved.params != request.params:
            return _error(400, "idempotency_error", message="Keys can only be used with the same parameters")
        return saved.answer

    def _route(self, request: Request) -> Answer:
        steps = request.path.strip("/").split("/")[1:]
        return (self._post if request.method == "POST" else self._get)(steps, request.params)

    def _get(self, steps: list[str], params: dict[str, str]) -> Answer:
        match steps:
            case ["payment_intents", "search"]:
                return 200, {"object": "search_result", "data": self.of(params["query"].split("'")[3])}
            case ["payment_intents", intent]:
                return (200, self.intents[intent]) if intent in self.intents else _error(404, code="resource_missing")
            case ["refunds"]:
                return 200, _list("refunds", self.refunds_of(params["payment_intent"]))
            case _:
                return 200, _list("payment_intents", [])

    def _post(self, steps: list[str], params: dict[str, str]) -> Answer:
        match steps:
            case ["payment_intents"]:
                return self._create(params)
            case ["payment_intents", intent, "cancel"]:
                return self._cancel(self.intents[intent])
            case ["refunds"]:
                return self._refund(params)
            case _:
                return _error(404, message="Unrecognized request URL")

    def _create(self, params: dict[str, str]) -> Answer:
        method = params.get("payment_method")
        if int(params["amount"]) < 50:
            return _error(400, code="amount_too_small", param="amount")
        if method and method not in STATUSES and method not in DECLINES:
            return _error(400, code="resource_missing", param="payment_method")
        assert params["automatic_payment_methods[allow_redirects]"] == "never"
        intent: dict[str, Any] = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "amount": int(params["amount"]),
            "currency": params["currency"],
            "status": "requires_payment_method",
            "amount_received": 0,
            "last_payment_error": None,
            "metadata": {"order_id": params["metadata[order_id]"]},
        }
        self.intents[intent["id"]] = intent
        if params.get("confirm") != "true":
            return 200, intent
        assert params["off_session"] == "true"
        if decline := DECLINES.get(method or ""):
            intent["last_payment_error"] = {"type": "card_error", **decline}
            return _error(402, "card_error", **decline, payment_intent=dict(intent))
        return 200, self.move(intent["id"], STATUSES[method or ""])

    def _cancel(self, intent: dict[str, Any]) -> Answer:
        if intent["status"] not in CANCELABLE:
            return _error(400, code="payment_intent_unexpected_state", payment_intent=dict(intent))
        return 200, self.move(intent["id"], "canceled")

    def _refund(self, params: dict[str, str]) -> Answer:
        intent = self.intents[params["payment_intent"]]
        given = self.refunds_of(intent["id"])
        left = intent["amount_received"] - sum(each["amount"] for each in given if each["status"] != "failed")
        if left <= 0:
            return _error(400, code="charge_already_refunded")
        refund = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": int(params.get("amount", left)),
            "payment_intent": intent["id"],
            "status": self.refund_status,
            "failure_reason": "expired_or_canceled_card" if self.refund_status == "failed" else None,
            "metadata": {"order_id": order} if (order := params.get("metadata[order_id]")) else {},
        }
        self.refunds[refund["id"]] = refund
        return 200, refund

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak HTTP/1.1, one request after the other on a connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self._exchange(reader, writer)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        method, target, _ = line.split(" ")
        url = urlsplit(target)
        params = dict(parse_qsl(body or url.query))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        request = Request(method, url.path, params, headers.get("idempotency-key"))
        status, answer = await self.answer(request, headers.get("authorization", ""))
        self.at_once -= 1
        if self.loses_answers:
            raise ConnectionResetError
        content = json.dumps(answer).encode()
        writer.write(
            f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nrequest-id: req_1\r\n"
            f"content-length: {len(content)}\r\n\r\n".encode()
            + content
        )
        await writer.drain()


def _list(what: str, data: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": data, "has_more": False, "url": f"/v1/{what}"}


def _error(status: int, kind: str = "invalid_request_error", **details: Any) -> Answer:
    return status, {"error": {"type": kind, **details}}


async def rate_limited(_: Request) -> Answer:
    return _error(429, code="rate_limit")


async def locked(_: Request) -> Answer:
    return _error(429, code="lock_timeout")


async def away(_: Request) -> Answer:
    return 503, {"error": {"type": "api_error"}}


async def broken(_: Request) -> Answer:
    return 500, {"error": {"type": "api_error", "message": "Something went wrong"}}


async def silent(_: Request) -> Answer:
    await asyncio.sleep(60)
    raise AssertionError("somebody waited for a minute")


@asynccontextmanager
async def stripe_api() -> AsyncIterator[StripeApi]:
    """Run Stripe on a port of this machine."""
    api = StripeApi()
    writers: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        await api.serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()
        for writer in writers:
            writer.close()


def event(type_: str, about: dict[str, Any], *, number: int = 1) -> bytes:
    """An event as Stripe sends it."""
    return json.dumps(
        {
            "id": f"evt_{number}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "type": type_,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": about},
        }
    ).encode()
