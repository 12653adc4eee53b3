"""What the post knows of orders: each message handled, failed or still waiting, and which message led to which."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post import failures, outbox, receipts
from messages.post.failures import Failure
from messages.post.outbox import Waiting
from messages.post.receipts import Handled
from workers.fleet import ROOMS
from workers.runtime.timeline import Entry, Told, told

HANDLED = "message.handled"
WAITING = "message.waiting"
RETRIED = "message.retried"
DEAD = "message.dead"
_TYPES = {queue: handler.message.type() for room in ROOMS.values() for queue, handler in room.handlers.items()}


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Entries by order, and for each message that was a reply the message that it answered."""

    handled: Told
    failed: Told
    waiting: Told
    causes: dict[UUID, UUID]

    @classmethod
    async def read(cls, databases: Sequence[AsyncConnection], orders: Sequence[UUID]) -> "Post":
        """Ask the post of every database."""
        handled = [each for tx in databases for each in await receipts.about(tx, orders)]
        failed = [each for tx in databases for each in await failures.about(tx, orders)]
        waiting = [each for tx in databases for each in await outbox.waiting(tx, orders)]
        return cls(
            handled=told((each.subject, _handled(each)) for each in handled),
            failed=told((each.subject, _failed(each)) for each in failed),
            waiting=told((each.envelope.subject, _waiting(each)) for each in waiting),
            causes={reply.message_id: each.message_id for each in handled for reply in each.replies},
        )


def _handled(receipt: Handled) -> Entry:
    room, _, _ = receipt.consumer.partition("_")
    type_ = {"type": _TYPES[receipt.consumer]} if receipt.consumer in _TYPES else {}
    said = {"said": [reply.type for reply in receipt.replies]} if receipt.replies else {}
    return Entry(
        at=receipt.at,
        room=room.lower(),
        kind=HANDLED,
        detail={"queue": receipt.consumer, **type_, **said},
        message_id=receipt.message_id,
    )


def _failed(failure: Failure) -> Entry:
    room, _, _ = failure.consumer.partition("_")
    known = {"queue": failure.consumer, "type": failure.type, "attempt": failure.attempt, "error": failure.error}
    outcome = {"again": failure.rung, "reason": failure.reason}
    return Entry(
        at=failure.at or datetime.now(UTC),
        room=room.lower(),
        kind=DEAD if failure.reason else RETRIED,
        detail={name: value for name, value in {**known, **outcome}.items() if value is not None},
        message_id=failure.message_id,
    )


def _waiting(letter: Waiting) -> Entry:
    error = {"error": letter.error} if letter.error else {}
    address = {"queue": letter.envelope.address} if letter.envelope.address else {}
    detail = {"type": letter.envelope.type, "attempts": letter.attempts, "seconds": letter.age.total_seconds()}
    return Entry(
        at=letter.since,
        room=letter.envelope.said_by,
        kind=WAITING,
        detail={**detail, **address, **error},
        message_id=letter.envelope.message_id,
        causation_id=letter.envelope.causation_id,
    )
