"""An order's history: a row for everything that was done to it or heard of it, never overwritten."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import OrderMessage
from workers.order.rules import Status
from workers.runtime.batch import Batch

_encoder = msgspec.json.Encoder()

CHANNEL = "orderfleet_order"
"""Where the ids of orders with news are announced, with commas between them."""
_ANNOUNCED = 200  # of 37 bytes each; a notification holds less than 8000

_ADD = text("""
    WITH added AS (
        INSERT INTO "order".event (order_id, kind, detail, message_id, causation_id)
        SELECT * FROM unnest(cast(:orders AS uuid[]), cast(:kinds AS text[]), cast(:details AS json[]),
                             cast(:messages AS uuid[]), cast(:causes AS uuid[]))
    )
    SELECT pg_notify(:channel, payload) FROM unnest(cast(:payloads AS text[])) AS payload
""")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the history: ``kind`` is the type of the message heard, or what was done."""

    order_id: UUID
    kind: str
    detail: dict[str, Any]
    message_id: UUID | None = None
    causation_id: UUID | None = None


def heard(batch: Batch[Any], moved: Mapping[UUID, Status]) -> list[Event]:
    """Make a row of each message, also of those that moved nothing; ``moved`` says which orders went where."""
    return [
        Event(
            order_id=message.order_id,
            kind=message.type(),
            detail={**_content(message), **_status(moved.get(message.order_id))},
            message_id=message_id,
            causation_id=cause,
        )
        for message, message_id, cause in zip(batch, batch.ids, batch.causes, strict=True)
    ]


async def add(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Append to the history, and announce the orders to whoever listens when ``tx`` commits."""
    values = {
        "orders": [event.order_id for event in events],
        "kinds": [event.kind for event in events],
        "details": [_encoder.encode(event.detail).decode() if event.detail else None for event in events],
        "messages": [event.message_id for event in events],
        "causes": [event.causation_id for event in events],
        "channel": CHANNEL,
        "payloads": _payloads(events),
    }
    await tx.execute(_ADD, values)


def _status(to: Status | None) -> dict[str, Status]:
    return {"status": to} if to else {}


def _payloads(events: Sequence[Event]) -> list[str]:
    orders = list(dict.fromkeys(str(event.order_id) for event in events))
    return [",".join(orders[start : start + _ANNOUNCED]) for start in range(0, len(orders), _ANNOUNCED)]


def _content(message: OrderMessage) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(message)
    return {name: value for name, value in content.items() if name not in ("type", "orderId")}
