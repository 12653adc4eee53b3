"""Answers kept under keys that callers chose, so that a request that comes twice is carried out once.

A key is held by the transaction that works for it: an advisory lock ends with that transaction, however it ends. The
answer is written in the same transaction, so that a request that failed, or whose process died, leaves its key free.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeAlias

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_encoder = msgspec.json.Encoder()

_HOLD = text("""
    SELECT wanted.key, method, path, body_hash, status, headers, body,
           CASE WHEN kept.key IS NULL THEN pg_try_advisory_xact_lock(wanted.number) END AS is_ours
      FROM unnest(cast(:keys AS text[]), cast(:numbers AS bigint[])) AS wanted (key, number)
      LEFT JOIN LATERAL (
        SELECT * FROM post.idempotency WHERE key = wanted.key AND at > now() - interval '24 hours' LIMIT 1
      ) kept ON true
""")
_KEEP = text("""
    INSERT INTO post.idempotency AS kept (key, method, path, body_hash, status, headers, body)
    SELECT * FROM unnest(cast(:keys AS text[]), cast(:methods AS text[]), cast(:paths AS text[]),
                         cast(:body_hashes AS bytea[]), cast(:statuses AS smallint[]), cast(:headers AS json[]),
                         cast(:bodies AS bytea[]))
    ON CONFLICT (key) DO UPDATE
       SET (method, path, body_hash, status, headers, body, at) =
           (excluded.method, excluded.path, excluded.body_hash, excluded.status, excluded.headers, excluded.body, now())
     WHERE kept.at <= now() - interval '24 hours'
    RETURNING key
""")
_EXPIRE = text("""
    DELETE FROM post.idempotency WHERE key IN (
        SELECT key FROM post.idempotency WHERE at < :before ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED)
""")

LIFE = timedelta(hours=24)
"""How long a key is known, as the statements above say too."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is to be carried out once: the caller's key, and what tells it from another request."""

    key: str
    method: str
    path: str
    body_hash: bytes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, and the request that it belongs to."""

    claim: Claim
    status: int
    headers: dict[str, str]
    body: bytes


class Overtaken(Exception):  # noqa: N818 - nothing failed, somebody was faster
    """Another request with the same key was answered while this one was carried out."""


Held: TypeAlias = dict[str, Kept | bool]


async def hold(tx: AsyncConnection, keys: Sequence[str]) -> Held:
    """Take keys until ``tx`` ends, without waiting: each has an answer already, or is ours now, or somebody else's."""
    rows = await tx.execute(_HOLD, {"keys": list(keys), "numbers": [_number(key) for key in keys]})
    return {
        row.key: row.is_ours
        if row.status is None
        else Kept(
            claim=Claim(key=row.key, method=row.method, path=row.path, body_hash=row.body_hash),
            status=row.status,
            headers=row.headers,
            body=row.body,
        )
        for row in rows
    }


async def keep(tx: AsyncConnection, answers: Sequence[Kept]) -> None:
    """Keep answers under keys that ``tx`` holds.

    Raises:
        Overtaken: when a key has got an answer between our look at it and its being free.
    """
    rows = sorted(answers, key=lambda answer: answer.claim.key)
    written = await tx.execute(
        _KEEP,
        {
            "keys": [row.claim.key for row in rows],
            "methods": [row.claim.method for row in rows],
            "paths": [row.claim.path for row in rows],
            "body_hashes": [row.claim.body_hash for row in rows],
            "statuses": [row.status for row in rows],
            "headers": [_encoder.encode(row.headers).decode() for row in rows],
            "bodies": [row.body for row in rows],
        },
    )
    if len(written.all()) < len(rows):
        raise Overtaken


async def expire(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` answers from before ``before``, oldest first, and return how many there were."""
    return (await tx.execute(_EXPIRE, {"before": before, "limit": limit})).rowcount


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)
