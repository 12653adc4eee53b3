"""Sending texts by an HTTP gateway that takes requests as Twilio does."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

import httpx
import msgspec

from workers.notification.errands import SEND_SECONDS, Postponement, Refusal, Sms
from workers.notification.render import one_line
from workers.notification.texters import Texting
from workers.notification.trust import may_be_plain
from workers.runtime.settings import Settings, SettingsError
from workers.runtime.verdict import Outage

CONNECTIONS = 4
CONNECT_SECONDS = 5
_DIGITS = 9  # of decades to wait: Python reads no number of thousands of digits
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says: the name of a message that it took, or why it did not."""

    sid: str | None = None
    code: int | None = None
    message: str | None = None


_decoder = msgspec.json.Decoder(Answer)


class Texter(Texting):
    """Hands texts to the gateway that ``settings.sms_url`` names."""

    def __init__(self, settings: Settings) -> None:
        url = urlsplit(settings.sms_url or "")
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._sender = settings.sms_from or ""
        self._account = f"/2010-04-01/Accounts/{url.username}"
        self._client = _dial(url, settings)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Self]:
        """Be ready to send; nothing is connected before the first text.

        Raises:
            SettingsError: when texts could not be sent, or not without telling everybody the password.
        """
        texter = cls(settings)
        try:
            yield texter
        finally:
            await texter._client.aclose()

    async def send(self, note: Sms) -> str | None:
        """Hand one text to the gateway, and return what it calls it; one that does not let us in is an Outage."""
        form = {"To": note.address, "From": self._sender, "Body": note.text}
        async with self._free:
            note.require_time()
            response = await self._ask("POST", f"{self._account}/Messages.json", form)
        return _taken(response)

    async def probe(self) -> bool:
        """Tell whether the gateway answers and knows us."""
        try:
            response = await self._ask("GET", f"{self._account}.json")
        except (Outage, Postponement):
            return False
        return response.status_code != HTTPStatus.UNAUTHORIZED and not response.is_server_error

    async def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> httpx.Response:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._client.request(method, path, data=form)
        except _NOTHING_SENT as error:
            raise Outage(f"the SMS gateway cannot be reached: {error}") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Postponement(f"no answer: {type(error).__name__}") from error


def _dial(url: SplitResult, settings: Settings) -> httpx.AsyncClient:
    if not settings.sms_from:
        raise SettingsError("ORDERFLEET_SMS_FROM: a gateway for texts is named, but nobody to send them from")
    if url.scheme == "http" and not may_be_plain(url, settings):
        raise SettingsError("ORDERFLEET_SMS_URL: its password must not go unencrypted over a network, use https")
    return httpx.AsyncClient(
        base_url=f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}",
        auth=(unquote(url.username or ""), unquote(url.password or "")),
        timeout=httpx.Timeout(SEND_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=CONNECTIONS),
        verify=ssl.create_default_context(),
    )


def _taken(response: httpx.Response) -> str:
    """Read the answer. Only what says that this text is wrong is final: anything else may be mended."""
    answer = _read(response.content)
    reason = one_line(f"{response.status_code} {answer.code or ''} {answer.message or response.reason_phrase}")
    match response.status_code:
        case HTTPStatus.CREATED if answer.sid:
            return one_line(answer.sid)  # what no database takes would undo the whole set, and it would be sent again
        case HTTPStatus.UNAUTHORIZED:
            raise Outage(f"the SMS gateway does not let us in: {reason}")
        case HTTPStatus.BAD_REQUEST:
            raise Refusal(reason)
        case _:
            raise Postponement(reason, _wait(response.headers.get("retry-after", "")))


def _read(content: bytes) -> Answer:
    try:
        return _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Answer()


def _wait(retry_after: str) -> int:
    if not (retry_after.isascii() and retry_after.isdigit()):
        return 0
    return int(retry_after.lstrip("0")[:_DIGITS] or 0)
