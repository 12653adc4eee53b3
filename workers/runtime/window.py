"""A bound on how many publishes are under way: entered by a set at once, however large it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Window:
    """Lets sets in while their sum is at most ``size``, in the order in which they came."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._inside = 0
        self._turn = asyncio.Lock()
        self._left = asyncio.Event()

    @asynccontextmanager
    async def entered(self, count: int) -> AsyncIterator[None]:
        """Stay inside while the block runs; ``count`` must not be more than ``size``."""
        async with self._turn:
            while self._inside + count > self.size:
                self._left.clear()
                await self._left.wait()
            self._inside += count
        try:
            yield
        finally:
            self._inside -= count
            self._left.set()
