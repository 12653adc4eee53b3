"""A mail server that delivers nothing: every mail becomes a file that a person can open."""

import asyncio
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from signal import SIGINT, SIGTERM

from aiosmtpd.smtp import SMTP, Envelope, Session


class Catcher:
    """Keeps mails in a directory, named by the time they came."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._numbers = count(1)

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail."""
        content = envelope.original_content or b""
        await asyncio.to_thread(self._keep, content)
        return "250 kept"

    def _keep(self, content: bytes) -> None:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{next(self._numbers)}"
        whole = self._directory / f"{name}.new"
        whole.write_bytes(content)
        whole.replace(whole.with_suffix(".eml"))


async def catch(directory: Path, port: int) -> None:
    """Take mails until told to end."""
    loop, ended, catcher = asyncio.get_running_loop(), asyncio.Event(), Catcher(directory)
    for number in (SIGTERM, SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: SMTP(catcher, loop=loop), "127.0.0.1", port)
    async with server:
        await ended.wait()
