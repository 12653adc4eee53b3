"""Proof that a consumer has handled a message, and what it answered: written in the handling's own transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.envelope import Envelope

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


def is_conflict(error: BaseException) -> bool:
    """Tell whether ``error`` says that a receipt exists already."""
    diagnosis = getattr(error.orig, "diag", None) if isinstance(error, IntegrityError) else None
    return getattr(diagnosis, "constraint_name", None) == "receipt_pkey"
