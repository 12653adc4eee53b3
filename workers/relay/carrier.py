"""Carrying an outbox to the broker: lease, publish, delete what was confirmed, postpone what no queue would take."""

import asyncio
from contextlib import suppress

from structlog.stdlib import get_logger

from messages.post import outbox
from messages.post.envelope import Envelope
from messages.post.outbox import Unreadable
from workers.runtime import metrics
from workers.runtime.database import Database
from workers.runtime.errands import raise_if_outage
from workers.runtime.patience import Patience
from workers.runtime.publisher import Publisher
from workers.runtime.settings import Settings
from workers.runtime.tasks import doing
from workers.runtime.verdict import Outage, describe, where
from workers.runtime.waiting import Waiting, for_end_of

log = get_logger(__name__)

BITE = 500

Leased = dict[int, Envelope | Unreadable]


class Carrier:
    """Empties the outbox of one database. Several may work on it at once: a lease is held by one of them at a time."""

    def __init__(self, database: Database, publisher: Publisher, settings: Settings, woken: asyncio.Event) -> None:
        self._database = database
        self._publisher = publisher
        self._settings = settings
        self._woken = woken
        self._patience = Patience(database.probe)
        self._stopping = False
        self.waiting: Waiting | None = None
        """Why it does not carry, if it does not."""

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
            async with doing(self._hold(list(leased))):
                refused = await self._publish(leased)
            await self._settle(leased, refused)
        return len(leased)

    async def _hold(self, ids: list[int]) -> None:
        """Keep a bite while it is published, however long that takes, so that no other relay sends it as well."""
        while True:
            await asyncio.sleep(self._settings.relay_lease_seconds / 3)
            try:
                async with self._database.transaction() as tx:
                    held = await outbox.renew(tx, ids, seconds=self._settings.relay_lease_seconds)
            except Exception as error:  # noqa: BLE001 - whoever takes it over sends it once more, and that is all
                log.warning("a lease could not be renewed", messages=len(ids), error=describe(error))
            else:
                if held < len(ids):
                    log.warning("a lease ran out, another relay may send the same", messages=len(ids) - held)

    async def _publish(self, leased: Leased) -> dict[int, Exception]:
        """Publish what can be read, and return why the rest stays."""
        refused: dict[int, Exception] = {id_: row for id_, row in leased.items() if isinstance(row, Unreadable)}
        readable = {id_: row for id_, row in leased.items() if not isinstance(row, Unreadable)}
        outcomes = await self._publisher.publish([self._publisher.event(envelope) for envelope in readable.values()])
        return refused | {id_: error for id_, error in zip(readable, outcomes, strict=True) if error is not None}

    async def _settle(self, leased: Leased, refused: dict[int, Exception]) -> None:
        async with self._database.transaction() as tx:
            await outbox.delete(tx, [id_ for id_ in leased if id_ not in refused])
            if refused:
                await outbox.postpone(tx, {id_: str(error) for id_, error in refused.items()})
        metrics.RELAYED.labels("sent").inc(len(leased) - len(refused))
        metrics.RELAYED.labels("refused").inc(len(refused))
        for id_, error in refused.items():
            log.error("message waits in the outbox", error=str(error), outbox_id=id_, **_concerned(leased[id_]))

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
            self.waiting = for_end_of(outage)
            await self._patience.until_it_ends()
            self.waiting = None
        else:
            log.error("relay failed", error=describe(error), where=where(error))


def _concerned(row: Envelope | Unreadable) -> dict[str, str]:
    if isinstance(row, Unreadable):
        return {}
    return {"type": row.type, "message_id": str(row.message_id), "order_id": str(row.subject)}
