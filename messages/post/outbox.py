"""Messages that wait in the database, written in the transaction that caused them, for the relay to send."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.envelope import Envelope

CHANNEL = "orderfleet_outbox"
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)

_PUT = text("INSERT INTO post.outbox (envelope) SELECT unnest(cast(:envelopes AS json[]))")
_NOTIFY = text(f"NOTIFY {CHANNEL}")
_LEASE = text("""
    UPDATE post.outbox o SET leased_until = now() + cast(:lease AS interval), attempts = attempts + 1
      FROM (SELECT id FROM post.outbox WHERE leased_until < now() ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) due
     WHERE o.id = due.id
    RETURNING o.id, cast(o.envelope AS text)
""")
_RENEW = text("""
    UPDATE post.outbox SET leased_until = now() + cast(:lease AS interval)
     WHERE id = ANY(cast(:ids AS bigint[])) AND leased_until > now()
""")
_DELETE = text("DELETE FROM post.outbox WHERE id = ANY(cast(:ids AS bigint[]))")
_POSTPONE = text("""
    UPDATE post.outbox o SET leased_until = now() + least(attempts, 30) * interval '1 second', error = failed.error
      FROM unnest(cast(:ids AS bigint[]), cast(:errors AS text[])) AS failed (id, error)
     WHERE o.id = failed.id
""")
_WAITING = text("""
    SELECT cast(envelope AS text) AS envelope, created_at, now() - created_at AS age, attempts, error
      FROM post.outbox WHERE envelope ->> 'subject' = ANY(cast(:subjects AS text[])) ORDER BY id
""")


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the broker does not have yet, or has not confirmed; ``error`` says why the last try failed."""

    envelope: Envelope
    since: datetime
    age: timedelta
    attempts: int
    error: str | None


class Unreadable(ValueError):  # noqa: N818 - says what the row is
    """A row that is no envelope: it waits for somebody to look at it, and holds up nobody else."""


async def put(tx: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Leave messages for the relay; they exist if and only if ``tx`` commits."""
    if envelopes:
        await tx.execute(_PUT, {"envelopes": [_encoder.encode(envelope).decode() for envelope in envelopes]})
        await tx.execute(_NOTIFY)


async def lease(tx: AsyncConnection, *, limit: int, seconds: float) -> dict[int, Envelope | Unreadable]:
    """Take up to ``limit`` messages that nobody holds, oldest first, for ``seconds``."""
    rows = await tx.execute(_LEASE, {"limit": limit, "lease": timedelta(seconds=seconds)})
    return {row.id: _read(row.envelope) for row in sorted(rows)}


async def renew(tx: AsyncConnection, ids: Sequence[int], *, seconds: float) -> int:
    """Hold leased messages for ``seconds`` from now on; return how many of them were still held."""
    return (await tx.execute(_RENEW, {"ids": sorted(ids), "lease": timedelta(seconds=seconds)})).rowcount


async def waiting(tx: AsyncConnection, subjects: Sequence[UUID]) -> list[Waiting]:
    """Return the messages about ``subjects`` that wait, oldest first."""
    rows = await tx.execute(_WAITING, {"subjects": [str(subject) for subject in subjects]})
    return [
        Waiting(
            envelope=_decoder.decode(row.envelope),
            since=row.created_at,
            age=row.age,
            attempts=row.attempts,
            error=row.error,
        )
        for row in rows
    ]


async def delete(tx: AsyncConnection, ids: Sequence[int]) -> None:
    """Forget messages that the broker has confirmed."""
    await tx.execute(_DELETE, {"ids": sorted(ids)})


async def postpone(tx: AsyncConnection, errors: Mapping[int, str]) -> None:
    """Keep messages that could not be sent: each waits a second longer after every attempt, half a minute at most."""
    await tx.execute(_POSTPONE, {"ids": list(errors), "errors": list(errors.values())})


def _read(row: str) -> Envelope | Unreadable:
    try:
        return _decoder.decode(row)
    except msgspec.MsgspecError as error:
        return Unreadable(f"the row is no envelope: {error}")
