"""Looks at the fleet, shared by all who ask within about a second."""

import asyncio
import time

from ops.survey import FleetView, Survey

FRESH_SECONDS = 1.0


class Surveyor:
    """Keeps the last look at the fleet for a moment: many browsers that watch cost as much as one."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._seen: FleetView | None = None
        self._seen_at = 0.0
        self._looking = asyncio.Lock()

    async def look(self) -> FleetView:
        """Return a look that is at most about a second old."""
        async with self._looking:
            if self._seen is None or time.monotonic() - self._seen_at >= FRESH_SECONDS:
                self._seen = await self._survey.look()
                self._seen_at = time.monotonic()
            return self._seen

    def forget(self) -> None:
        """Look again for the next who asks: something was changed."""
        self._seen = None

    async def close(self) -> None:
        """Hang up."""
        await self._survey.close()
