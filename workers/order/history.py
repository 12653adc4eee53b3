"""An order's history: a row for everything that was done to it or heard of it, never overwritten."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import OrderMessage
from workers.order.rules import Status
from workers.runtime.batch import Batch

_encoder = msgspec.json.Encoder()

_ADD = text("""
    INSERT INTO "order".event (order_id, kind, detail, message_id, causation_id)
    SELECT * FROM unnest(cast(:orders AS uuid[]), cast(:kinds AS text[]), cast(:details AS json[]),
                         cast(:messages AS uuid[]), cast(:causes AS uuid[]))
""")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the history: ``kind`` is the type of the message heard, or what was done."""

    order_id: UUID
    kind: str
    detail: dict[str, Any]
    message_id: UUID | None = None
    causation_id: UUID | None = None


def heard(batch: Batch[Any], moved: set[UUID], to: Status | None = None) -> list[Event]:
    """Make a row of each message, also of those that moved nothing; ``moved`` says which orders went ``to``."""
    return [
        Event(
            order_id=message.order_id,
            kind=message.type(),
            detail={**_content(message), **({"status": to} if message.order_id in moved else {})},
            message_id=message_id,
            causation_id=cause,
        )
        for message, message_id, cause in zip(batch, batch.ids, batch.causes, strict=True)
    ]


async def add(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Append to the history."""
    values = {
        "orders": [event.order_id for event in events],
        "kinds": [event.kind for event in events],
        "details": [_encoder.encode(event.detail).decode() if event.detail else None for event in events],
        "messages": [event.message_id for event in events],
        "causes": [event.causation_id for event in events],
    }
    await tx.execute(_ADD, values)


def _content(message: OrderMessage) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(message)
    return {name: value for name, value in content.items() if name not in ("type", "orderId")}
