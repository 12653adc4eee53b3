"""Proof that a consumer has handled a message, and what it answered: written in the handling's own transaction."""

from collections.abc import Iterable, Sequence
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


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One message handled, and the replies it led to."""

    message: Envelope
    replies: tuple[Envelope, ...] = ()


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


def is_conflict(error: BaseException) -> bool:
    """Tell whether ``error`` says that a receipt exists already."""
    diagnosis = getattr(error.orig, "diag", None) if isinstance(error, IntegrityError) else None
    return getattr(diagnosis, "constraint_name", None) == "receipt_pkey"
