"""A process's health and metrics over HTTP, from a thread of its own, so that a stuck event loop is seen as stuck."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec
from prometheus_client import make_wsgi_app

from workers.runtime.settings import Settings
from workers.runtime.waiting import Waiting, Waits, nothing_waits

LOOP_SILENCE = 10.0

Checks = Mapping[str, Callable[[], bool]]


class Pulse:
    """Shows that the event loop turns."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    @property
    def is_beating(self) -> bool:
        """Whether the loop has turned lately."""
        return time.monotonic() - self._last < LOOP_SILENCE

    async def beat(self) -> None:
        """Beat for ever."""
        while True:
            self._last = time.monotonic()
            await asyncio.sleep(1)


class HealthServer:
    """Serves ``/health/live``, ``/health/ready`` and ``/metrics``."""

    def __init__(self, host: str, port: int, pulse: Pulse, checks: Checks, waits: Waits) -> None:
        self._pulse = pulse
        self._checks = checks
        self._waits = waits
        self._metrics = make_wsgi_app()
        self._server: WSGIServer = make_server(host, port, self._answer, server_class=_Threading, handler_class=_Quiet)
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/health/live":
                return _report(start_response, {"loop": self._pulse.is_beating})
            case "/health/ready":
                return _report(start_response, {name: check() for name, check in self._checks.items()}, self._waits())
            case "/metrics":
                body: Iterable[bytes] = self._metrics(environ, start_response)
                return body
            case _:
                start_response("404 Not Found", [("Content-Length", "0")])
                return []


@asynccontextmanager
async def serving(settings: Settings, checks: Checks, waits: Waits = nothing_waits) -> AsyncIterator[HealthServer]:
    """Serve a process's health, and what parts of it wait for, while the block runs."""
    pulse = Pulse()
    server = HealthServer(settings.health_host, settings.health_port, pulse, checks, waits)
    server.start()
    beating = asyncio.create_task(pulse.beat())
    try:
        yield server
    finally:
        beating.cancel()
        await asyncio.to_thread(server.stop)


def _report(
    start_response: StartResponse, checks: Mapping[str, bool], waiting: Mapping[str, Waiting] | None = None
) -> Iterable[bytes]:
    healthy = all(checks.values())
    told = {"waiting": waiting} if waiting else {}
    body = msgspec.json.encode({"status": "ok" if healthy else "down", "checks": checks, **told})
    status = "200 OK" if healthy else "503 Service Unavailable"
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


class _Threading(ThreadingMixIn, WSGIServer):
    """A client that says nothing must not keep others from an answer, nor the process from its end."""

    daemon_threads = True
    block_on_close = False


class _Quiet(WSGIRequestHandler):
    timeout = 5

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: probes come every second."""
