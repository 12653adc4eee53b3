"""Carrying an outbox to the broker: lease, publish, delete what was confirmed, postpone what no queue would take."""

import asyncio
from contextlib import suppress

from structlog.stdlib import get_logger

from messages.post import outbox
from messages.post.envelope import Envelope
from workers.runtime import metrics
from workers.runtime.database import Database
from workers.runtime.errands import raise_if_outage
from workers.runtime.patience import Patience
from workers.runtime.publisher import Publisher, Unroutable
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage, describe, where

log = get_logger(__name__)

BITE = 500


class Carrier:
    """Empties the outbox of one database. Several may work on it at once: a lease is held by one of them at a time."""

    def __init__(self, database: Database, publisher: Publisher, settings: Settings, woken: asyncio.Event) -> None:
        self._database = database
        self._publisher = publisher
        self._settings = settings
        self._woken = woken
        self._patience = Patience(database.probe)
        self._stopping = False

    def stop(self) -> None:
        """End after the bite that is under way."""
        self._stopping = True
        self._woken.set()
        self._patience.end()

    async def run(self) -> None:
        """Drain the outbox, then sleep until woken or until the next look."""
        while not self._stopping:
            self._woken.clear()
            await self._drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), timeout=self._settings.relay_poll_seconds)

    async def carry(self) -> int:
        """Carry one bite, and return how many messages it had."""
        async with self._database.transaction() as tx:
            leased = await outbox.lease(tx, limit=BITE, seconds=self._settings.relay_lease_seconds)
        if leased:
            outcomes = await self._publisher.publish([self._publisher.event(envelope) for envelope in leased.values()])
            refused = {id_: error for id_, error in zip(leased, outcomes, strict=True) if error is not None}
            await self._settle(leased, refused)
        return len(leased)

    async def _settle(self, leased: dict[int, Envelope], refused: dict[int, Unroutable]) -> None:
        async with self._database.transaction() as tx:
            await outbox.delete(tx, [id_ for id_ in leased if id_ not in refused])
            if refused:
                await outbox.postpone(tx, {id_: str(error) for id_, error in refused.items()})
        metrics.RELAYED.labels("sent").inc(len(leased) - len(refused))
        metrics.RELAYED.labels("refused").inc(len(refused))
        for id_, error in refused.items():
            letter = leased[id_]
            log.error(
                "message waits: nobody is bound to it",
                error=str(error),
                type=letter.type,
                message_id=str(letter.message_id),
                order_id=str(letter.subject),
            )

    async def _drain(self) -> None:
        try:
            while not self._stopping and await self.carry() == BITE:
                pass
        except Exception as error:  # noqa: BLE001 - the relay ends when it is told to, not before
            await self._after(error)

    async def _after(self, error: Exception) -> None:
        try:
            raise_if_outage(error)
        except Outage as outage:
            log.warning("relay waits for the end of an outage", error=describe(outage))
            await self._patience.until_it_ends()
        else:
            log.error("relay failed", error=describe(error), where=where(error))
