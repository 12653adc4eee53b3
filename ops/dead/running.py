"""What the commands about dead letters have in common: databases and an editor."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from getpass import getuser
from socket import gethostname
from typing import TypeVar

import click

from ops.dead.offices import Offices, opened
from ops.errors import OpsError
from ops.local.settings import settings
from workers.runtime.database import is_outage
from workers.runtime.verdict import describe

T = TypeVar("T")


def run(work: Callable[[Offices], Awaitable[T]]) -> T:
    """Do something with every database open.

    Raises:
        OpsError: when one cannot be reached.
    """

    async def working() -> T:
        try:
            async with opened(settings()) as offices:
                return await work(offices)
        except Exception as error:
            if is_outage(error):
                raise OpsError(f"a database cannot be reached: {describe(error)}") from error
            raise

    return asyncio.run(working())


def operator() -> str:
    """Name whoever runs this."""
    try:
        return f"{getuser()}@{gethostname()}"
    except (KeyError, OSError):  # a container's user may have no name
        return f"{os.getuid()}@{gethostname()}"


def edited(body: bytes) -> bytes:
    """Let a person change a body in their editor.

    Raises:
        OpsError: when nothing came of it.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise OpsError("the body is not text: give the new one with --body") from None
    changed = click.edit(text, extension=".json")
    if changed is None or changed.strip() == text.strip():
        raise OpsError("nothing was changed")
    return changed.strip().encode()
