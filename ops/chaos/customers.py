"""Customers who order through HTTP, at a steady rate, whatever is on fire."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx

from ops.chaos.orders import Wish, wish

_TIMEOUT = 15
_PATIENCE_SECONDS = 60
_MOST_WAITING = 300
_DOORS = 20
_AT_A_DOOR = 20  # a client looks at all of its connections for each request
_PLENTY = 50_000_000
_HOT_SHARE = 0.25
_SCARCE = 50
_RESTOCKED = 20
_RESTOCK_SECONDS = 5
_WORDS = 300


class Customers:
    """Places orders. Only what was answered 201 was accepted; whoever gets no answer was promised nothing."""

    def __init__(
        self, gateway: str, *, rate: float, seed: int, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        limits = httpx.Limits(max_connections=_AT_A_DOOR)
        made = partial(httpx.AsyncClient, base_url=gateway, timeout=_TIMEOUT, limits=limits, transport=transport)
        self._http = made()
        """For who looks and measures: it must not stand in line behind customers."""
        self._doors = cycle([made() for _ in range(_DOORS)])
        self._rate = rate
        self._dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
        self._user = ""
        self._products: dict[str, str] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self.accepted: set[str] = set()
        self.answers: Counter[str] = Counter()
        self.refusal = ""
        """What the last probe was answered that was not taken."""

    async def come(self, *, expected: int) -> None:
        """Make a user and products; of the hot one there is too little for all who will want it."""
        customer = {"name": "Chaos", "email": f"chaos-{uuid4().hex[:8]}@orderfleet.example"}
        self._user = (await self._made("/users", customer))["id"]
        stocks = {"plenty": _PLENTY, "hot": round(expected * _HOT_SHARE), "scarce": _SCARCE}
        for number, (name, stock) in enumerate(stocks.items(), 1):
            product = {"name": name, "price": number * 700, "currency": "EUR", "stock": stock}
            self._products[name] = (await self._made("/products", product))["id"]

    async def order(self) -> None:
        """Place orders until cancelled; then wait for those who are being served."""
        began, placed = time.monotonic(), 0
        restocking = asyncio.create_task(self._restock())
        try:
            while True:
                due = int((time.monotonic() - began) * self._rate)
                while placed < due:
                    placed += 1
                    self._place()
                await asyncio.sleep(1 / self._rate)
        finally:
            restocking.cancel()

    async def leave(self) -> None:
        """Wait for whoever is being served, or has doubts."""
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=_PATIENCE_SECONDS)
        for client in [self._http, *(next(self._doors) for _ in range(_DOORS))]:
            await client.aclose()

    async def probe(self) -> str:
        """Place one plain order, again and again until it is taken, and return its id."""
        body = {"userId": self._user, "orderItems": [{"productId": self._products["plenty"], "quantity": 1}]}
        while True:
            with suppress(httpx.HTTPError):
                answer = await self._http.post("/orders", json=body, headers=_key(), timeout=3)
                if answer.status_code == HTTPStatus.CREATED:
                    order: str = answer.json()["id"]
                    self._accept(order)
                    return order
                self.refusal = f"{answer.status_code} {answer.text[:_WORDS]}"
            await asyncio.sleep(0.2)

    async def get(self, path: str) -> dict[str, Any]:
        """Look at something; empty when it cannot be seen now."""
        with suppress(httpx.HTTPError):
            answer = await self._http.get(path, timeout=3)
            if answer.is_success:
                found: dict[str, Any] = answer.json()
                return found
        return {}

    def _place(self) -> None:
        """Let a customer in; who comes to a full house goes again."""
        wanted = wish(self._dice)
        if len(self._waiting) >= _MOST_WAITING:
            self.answers["turned away"] += 1
            return
        task = asyncio.create_task(self._serve(wanted))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _serve(self, wanted: Wish) -> None:
        body = wanted.body(self._user, self._products)
        try:
            answer = await next(self._doors).post("/orders", json=body, headers=_key())
        except httpx.HTTPError:
            self.answers["no answer"] += 1
            return
        if answer.status_code != HTTPStatus.CREATED:
            self.answers[f"refused with {answer.status_code}"] += 1
            return
        order = answer.json()["id"]
        self._accept(order)
        for doubt in wanted.regrets:
            await asyncio.sleep(doubt)
            await self._cancel(order)

    def _accept(self, order: str) -> None:
        self.accepted.add(order)
        self.answers["accepted"] += 1

    async def _cancel(self, order: str) -> None:
        with suppress(httpx.HTTPError):
            answer = await next(self._doors).delete(f"/orders/{order}")
            self.answers[f"cancel answered {answer.status_code}"] += 1
            return
        self.answers["cancel without answer"] += 1

    async def _restock(self) -> None:
        """Put a few of the scarce product on the shelf now and then."""
        while True:
            await asyncio.sleep(_RESTOCK_SECONDS)
            with suppress(httpx.HTTPError):
                body = {"productId": self._products["scarce"], "quantity": _RESTOCKED}
                await self._http.put("/inventory/add", json=body)

    async def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(path, json=body)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}
