"""Proof that a consumer has handled a message, and what it answered: written in the handling's own transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.envelope import Envelope

_LOWEST = UUID(int=0)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[Envelope, ...])

_RECORD = text("""
    INSERT INTO post.receipt (consumer, message_id, subject, replies)
    SELECT :consumer, * FROM unnest(cast(:ids AS uuid[]), cast(:subjects AS uuid[]), cast(:replies AS json[]))
""")
_FIND = text("""
    SELECT message_id, cast(replies AS text) AS replies FROM post.receipt
     WHERE consumer = :consumer AND message_id = ANY(cast(:ids AS uuid[]))
""")


_ABOUT = text("""
    SELECT consumer, message_id, subject, at, cast(replies AS text) AS replies FROM post.receipt
     WHERE subject = ANY(cast(:subjects AS uuid[])) ORDER BY at, message_id, consumer
""")
_EXPIRE = text("""
    DELETE FROM post.receipt WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM post.receipt WHERE message_id >= :after AND message_id < :below AND at < :before
         ORDER BY message_id LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING message_id
""")
PULSE = """
    SELECT 'post' AS source, subject AS order_id, count(*) AS beat FROM post.receipt
     WHERE subject = ANY(cast(:orders AS uuid[])) GROUP BY subject
"""
"""A number for each order that changes with every receipt."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One message handled, and the replies it led to."""

    message: Envelope
    replies: tuple[Envelope, ...] = ()


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as it is read again: which consumer handled what, when, and what it replied."""

    consumer: str
    message_id: UUID
    subject: UUID
    at: datetime
    replies: tuple[Envelope, ...]


async def record(tx: AsyncConnection, consumer: str, receipts: Iterable[Receipt]) -> None:
    """Write receipts.

    Raises:
        IntegrityError: when one of the messages was handled before; see ``is_conflict``.
    """
    rows = sorted(receipts, key=lambda receipt: receipt.message.message_id)
    if not rows:
        return
    await tx.execute(
        _RECORD,
        {
            "consumer": consumer,
            "ids": [row.message.message_id for row in rows],
            "subjects": [row.message.subject for row in rows],
            "replies": [_encoder.encode(row.replies).decode() if row.replies else None for row in rows],
        },
    )


async def find(tx: AsyncConnection, consumer: str, ids: Sequence[UUID]) -> dict[UUID, tuple[Envelope, ...]]:
    """Return the replies of those messages that ``consumer`` has handled already."""
    rows = await tx.execute(_FIND, {"consumer": consumer, "ids": list(ids)})
    return {row.message_id: _decoder.decode(row.replies) if row.replies else () for row in rows}


async def about(tx: AsyncConnection, subjects: Sequence[UUID]) -> list[Handled]:
    """Return every message about ``subjects`` that was handled, oldest first."""
    return [
        Handled(
            consumer=row.consumer,
            message_id=row.message_id,
            subject=row.subject,
            at=row.at,
            replies=_decoder.decode(row.replies) if row.replies else (),
        )
        for row in await tx.execute(_ABOUT, {"subjects": list(subjects)})
    ]


class Expired:
    """Forgets receipts by age, along their key: the ids of messages are UUIDv7, and begin with the time.

    A message may be handled long after it was sent, when it was replayed or its queue was paused; so a receipt is old
    when the message and the handling are. Going on where the bite before ended spares the next one a walk through what
    has just been deleted. Ids that are no UUIDv7, of messages from elsewhere, may stay for ever.
    """

    def __init__(self) -> None:
        self._after = _LOWEST

    async def __call__(self, tx: AsyncConnection, before: datetime, limit: int) -> int:
        """Delete at most ``limit`` receipts that are older than ``before``, and return how many there were."""
        bounds = {"after": self._after, "below": _first_id(before), "before": before, "limit": limit}
        deleted = (await tx.execute(_EXPIRE, bounds)).scalars().all()
        self._after = max(deleted) if len(deleted) == limit else _LOWEST
        return len(deleted)


def _first_id(at: datetime) -> UUID:
    """Return the lowest UUIDv7 of a time."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def is_conflict(error: BaseException) -> bool:
    """Tell whether ``error`` says that a receipt exists already."""
    diagnosis = getattr(error.orig, "diag", None) if isinstance(error, IntegrityError) else None
    return getattr(diagnosis, "constraint_name", None) == "receipt_pkey"
