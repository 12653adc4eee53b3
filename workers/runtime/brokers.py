"""The brokers that a process may turn to: the nodes of one cluster, tried in turn."""

from collections.abc import Sequence
from random import randrange

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError

FAILURES = (AMQPError, OSError, TimeoutError)


class Brokers:
    """A round of URLs that begins anywhere, so that a fleet spreads over its cluster."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = tuple(urls)
        self._at = randrange(len(self._urls))  # noqa: S311 - chance, not secrecy

    @property
    def current(self) -> str:
        """The one to turn to now."""
        return self._urls[self._at]

    def move_on(self) -> None:
        """Turn to the next: this one did not answer, or went away."""
        self._at = (self._at + 1) % len(self._urls)


async def connect(urls: Sequence[str], *, seconds: float) -> AbstractConnection:
    """Connect to the first that answers within ``seconds``, in their order.

    Raises:
        AMQPError, OSError, TimeoutError: what the last one said, when none does.
    """
    *others, last = urls
    for url in others:
        try:
            return await aio_pika.connect(url, timeout=seconds)
        except FAILURES:
            continue
    return await aio_pika.connect(last, timeout=seconds)
