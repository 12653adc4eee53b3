"""Real gateway processes, and clients that follow orders."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ops.local.ports import free_port
from tests.support.processes import PROGRAMS, Process
from workers.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; a comment has neither id nor name."""

    id: str
    name: str
    entry: dict[str, Any]


class Stream:
    """What one client receives."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> Event:
        """Wait for the next event or heartbeat."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line and fields:
                return Event(fields.get("id", ""), fields.get("event", ""), json.loads(fields.get("data", "{}")))
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        raise StopAsyncIteration

    async def take(self, count: int, *, seconds: float = 20) -> list[Event]:
        """Take so many events."""
        async with asyncio.timeout(seconds):
            return [await self._event() for _ in range(count)]

    async def rest(self, *, seconds: float = 20) -> list[Event]:
        """Take every event until the stream ends."""
        events = []
        async with asyncio.timeout(seconds):
            while True:
                try:
                    events.append(await self._event())
                except StopAsyncIteration:
                    return events

    async def _event(self) -> Event:
        """Wait for an event; no relay runs, so that messages wait for longer than they should."""
        while True:
            event = await self.next()
            if event.name not in ("", "message.waiting"):
                return event


class Gateway:
    """A gateway process and a client for it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        limits = httpx.Limits(max_connections=None)
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.port}", timeout=30, limits=limits)

    @asynccontextmanager
    async def follow(self, order: str, last: str | None = None) -> AsyncIterator[Stream]:
        headers = {} if last is None else {"Last-Event-ID": last}
        async with self.http.stream("GET", f"/orders/{order}/events", headers=headers) as answer:
            yield Stream(answer)

    async def timeline(self, order: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.http.get(f"/orders/{order}/timeline")).json()["items"]
        return items


@asynccontextmanager
async def gateway(settings: Settings, directory: Path, **changes: Any) -> AsyncIterator[Gateway]:
    """Run a gateway process with a port of its own."""
    own = msgspec.structs.replace(settings, gateway_port=free_port(), **changes)
    running = Gateway(Process("gateway", PROGRAMS["gateway"], own, directory / f"gateway-{own.gateway_port}.log"))
    try:
        await running.process.ready()
        yield running
    finally:
        await running.http.aclose()
        if running.process.is_running:
            running.process.signal(signal.SIGTERM)
            await running.process.ended()
