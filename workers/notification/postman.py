"""Sending mail by SMTP, over connections that are kept for a while."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from workers.notification import letter
from workers.notification.errands import SEND_SECONDS, Mail, Postponement, Refusal
from workers.notification.render import one_line
from workers.notification.trust import may_be_plain
from workers.runtime.batch import Outside
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

CONNECTIONS = 4
MAILS_PER_CONNECTION = 100
FRESH_SECONDS = 1.0
PERMANENT = 500
LONGEST_REFERENCE = 200
_FAILURES = (SMTPException, OSError, TimeoutError)


@dataclass(slots=True)
class Line:
    """A connection to the mail server, and what it has been used for."""

    client: SMTP
    mails: int = 0
    used_at: float = field(default_factory=time.monotonic)


class Postman(Outside):
    """Hands mails to the server that ``settings.smtp_url`` names.

    ``smtps`` is TLS from the first byte. With ``smtp`` STARTTLS is used if offered, and required before a password is
    given, unless it may be plain. Certificates are checked against those that this machine trusts.
    """

    called = "mail server"

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.smtp_url)
        needs_tls = bool(self._url.username) and not may_be_plain(self._url, settings)
        self._starttls = True if needs_tls and self._url.scheme == "smtp" else None
        self._from = letter.sender(settings.mail_from)
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[Line] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Self]:
        """Be ready to send; nothing is connected before the first mail."""
        postman = cls(settings)
        try:
            yield postman
        finally:
            await postman.close()

    async def send(self, note: Mail) -> str | None:
        """Hand one mail to the server, and return what it answered.

        Raises:
            Refusal: when the server will never take it.
            Postponement: when it does not take it now.
            TooLate: when it is better left to whoever has it next.
            Outage: when the server cannot be reached, or does not let us in.
        """
        async with self._line(note) as line:
            note.require_time()
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    _, answer = await line.client.send_message(letter.write(note, self._from))
            except (*_FAILURES, ValueError) as error:
                raise _answer(error) from error
        return one_line(answer)[:LONGEST_REFERENCE] or None

    async def probe(self) -> bool:
        """Tell whether the server greets us."""
        try:
            await _hang_up(await self._dial())
        except Outage:
            return False
        return True

    async def close(self) -> None:
        """Say goodbye on every line."""
        while self._idle:
            await _hang_up(self._idle.pop())

    @asynccontextmanager
    async def _line(self, note: Mail) -> AsyncIterator[Line]:
        async with self._free:
            note.require_time()  # or a whole set would dial a server that does not answer, one by one
            line = await self._idle_line() or await self._dial()
            try:
                yield line
            except BaseException:
                line.client.close()
                raise
            line.mails += 1
            line.used_at = time.monotonic()
            self._idle.append(line)

    async def _idle_line(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.mails < MAILS_PER_CONNECTION and await _is_alive(line):
                return line
            await _hang_up(line)
        return None

    async def _dial(self) -> Line:
        client = SMTP(
            hostname=self._url.hostname,
            port=self._url.port,
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            use_tls=self._url.scheme == "smtps",
            start_tls=self._starttls,
            local_hostname=socket.gethostname(),
            timeout=SEND_SECONDS,
        )
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await client.connect()
        except _FAILURES as error:
            client.close()
            raise Outage(f"the mail server cannot be reached: {error}") from error
        return Line(client)


def _answer(error: Exception) -> Refusal | Postponement:
    """Tell what will never succeed from what may. A sender that is refused is our mistake, and no mail's."""
    answers = error.recipients if isinstance(error, SMTPRecipientsRefused) else [error]
    codes = [answer.code for answer in answers if isinstance(answer, SMTPResponseException)]
    is_permanent = bool(codes) and min(codes) >= PERMANENT and not isinstance(error, SMTPSenderRefused)
    # A bad address is a ValueError here, and one that the server has no extension for is not supported.
    if is_permanent or isinstance(error, ValueError | SMTPNotSupported):
        return Refusal(_words(error))
    return Postponement(_words(error))


def _words(error: Exception) -> str:
    return one_line(str(error)) or type(error).__name__


async def _is_alive(line: Line) -> bool:
    """A server may have hung up on an idle line: better asked before a mail than found out in the middle of one."""
    if not line.client.is_connected:
        return False
    if time.monotonic() - line.used_at < FRESH_SECONDS:
        return True
    try:
        await line.client.noop()
    except _FAILURES:
        return False
    return True


async def _hang_up(line: Line) -> None:
    with suppress(*_FAILURES):
        await line.client.quit(timeout=1)
    line.client.close()
