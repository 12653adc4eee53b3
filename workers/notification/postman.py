"""Sending mail by SMTP, over connections that are kept for a while."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPNotSupported, SMTPRecipientsRefused, SMTPResponseException

from workers.notification import letter
from workers.notification.rules import SEND_SECONDS, Mail
from workers.runtime.batch import Outside
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

CONNECTIONS = 4
MAILS_PER_CONNECTION = 100
FRESH_SECONDS = 1.0
PERMANENT = 500
_FAILURES = (SMTPException, OSError, TimeoutError)


class MailRefused(Exception):  # noqa: N818 - the server's answer
    """The mail server will never take this mail."""


class MailPostponed(Exception):  # noqa: N818 - the server's answer
    """The mail server does not take this mail now."""


class TooLate(Exception):  # noqa: N818 - nothing failed
    """The mail's lease ends too soon to send it now: it may be another process's by the time it is sent."""


@dataclass(slots=True)
class Line:
    """A connection to the mail server, and what it has been used for."""

    client: SMTP
    mails: int = 0
    used_at: float = field(default_factory=time.monotonic)


class Postman(Outside):
    """Hands mails to the server that ``settings.smtp_url`` names; ``smtps`` is TLS, and STARTTLS is used if offered."""

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.smtp_url)
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

    async def send(self, mail: Mail) -> None:
        """Hand one mail to the server.

        Raises:
            MailRefused: when the server will never take it.
            MailPostponed: when it does not take it now.
            TooLate: when it is better left to whoever has it next.
            Outage: when the server cannot be reached.
        """
        async with self._line() as line:
            if time.monotonic() > mail.leave_by:
                raise TooLate("the mail waited too long for its turn")
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await line.client.send_message(letter.write(mail, self._from))
            except (*_FAILURES, ValueError) as error:
                raise _answer(error) from error

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
    async def _line(self) -> AsyncIterator[Line]:
        async with self._free:
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


def _answer(error: Exception) -> MailRefused | MailPostponed:
    """Tell what will never succeed from what may."""
    answers = error.recipients if isinstance(error, SMTPRecipientsRefused) else [error]
    codes = [answer.code for answer in answers if isinstance(answer, SMTPResponseException)]
    is_permanent = bool(codes) and min(codes) >= PERMANENT
    # A bad address is a ValueError here, and one that the server has no extension for is not supported.
    if is_permanent or isinstance(error, ValueError | SMTPNotSupported):
        return MailRefused(str(error))
    return MailPostponed(str(error) or type(error).__name__)


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
