"""Health over HTTP, whatever its clients do."""

import asyncio
import socket

import httpx

from workers.runtime.health import serving
from workers.runtime.settings import Settings


async def test_it_says_what_is_well_and_what_is_not() -> None:
    async with serving(Settings(), {"a": lambda: True, "b": lambda: False}) as server, httpx.AsyncClient() as http:
        at = f"http://127.0.0.1:{server.port}"
        live, ready, metrics = [await http.get(f"{at}{path}") for path in ("/health/live", "/health/ready", "/metrics")]
        assert (await http.get(f"{at}/nothing")).status_code == 404
    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.json() == {"status": "down", "checks": {"a": True, "b": False}}
    assert "orderfleet_messages_total" in metrics.text


async def test_a_client_that_says_nothing_keeps_nobody_waiting() -> None:
    with socket.socket() as silent:
        async with asyncio.timeout(10):
            async with serving(Settings(), {}) as server, httpx.AsyncClient(timeout=3) as http:
                silent.connect(("127.0.0.1", server.port))
                assert (await http.get(f"http://127.0.0.1:{server.port}/health/live")).is_success
