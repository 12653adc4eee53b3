"""How the library's requests travel: over httpx, few at a time, each with an end."""

import asyncio
from collections.abc import Mapping
from typing import Any, NoReturn

import httpx
import stripe

AT_ONCE = 20
"""Stripe takes 25 requests a second in a sandbox and 100 live; a batch of 200 at once would only be refused."""
CONNECT_SECONDS = 5


class Unreachable(stripe.APIConnectionError):
    """The request never left, so nothing came of it."""


class NoAnswer(stripe.APIConnectionError):
    """The request left, and what came of it is not known."""


class Wire(stripe.HTTPClient):
    """Carries requests for the library, which then repeats none: the retry ladder does."""

    name = "httpx"

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS), pool=None),
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=30),
        )
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request and return the body, status and headers of its answer."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await self._http.request(method, url, headers=headers, content=post_data or None)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                _fail(Unreachable, error)
            except (httpx.TransportError, TimeoutError) as error:
                _fail(NoAnswer, error)
        return answer.content, answer.status_code, answer.headers

    async def close_async(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _fail(kind: type[stripe.APIConnectionError], error: Exception) -> NoReturn:
    raise kind(type(error).__name__, should_retry=False) from error
