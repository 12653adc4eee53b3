"""Which queues are paused, by whom and why: kept where every worker looks, so that a pause outlives any restart."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CHANNEL = "orderfleet_pauses"

_PAUSE = text("""
    INSERT INTO operations.queue_pause AS known (queue, by, why)
    VALUES (:queue, coalesce(cast(:by AS text), cast(:caller AS text)), cast(:why AS text))
    ON CONFLICT (queue) DO UPDATE
       SET by = coalesce(cast(:by AS text), known.by), why = coalesce(excluded.why, known.why)
    RETURNING queue, by, why, since
""")
_RESUME = text("DELETE FROM operations.queue_pause WHERE queue = :queue")
_PAUSED = text("SELECT queue, by, why, since FROM operations.queue_pause")
_NOTIFY = text(f"NOTIFY {CHANNEL}")


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants that a queue is left alone."""

    queue: str
    by: str | None
    why: str | None
    since: datetime


async def pause(
    tx: AsyncConnection, queue: str, *, by: str | None = None, why: str | None = None, caller: str | None = None
) -> Pause:
    """Pause a queue, in the name of ``by`` or else of the ``caller``.

    One that is paused already stays so since then; a name or a reason that is given now counts.
    """
    row = (await tx.execute(_PAUSE, {"queue": queue, "by": by, "why": why, "caller": caller})).mappings().one()
    await tx.execute(_NOTIFY)
    return Pause(**row)


async def resume(tx: AsyncConnection, queue: str) -> None:
    """End a pause, if there is one."""
    await tx.execute(_RESUME, {"queue": queue})
    await tx.execute(_NOTIFY)


async def paused(tx: AsyncConnection) -> dict[str, Pause]:
    """Return what is paused, by queue."""
    return {row["queue"]: Pause(**row) for row in (await tx.execute(_PAUSED)).mappings()}
