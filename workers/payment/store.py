"""What is written of payments, in sets."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages.payment import PaymentRefundDue
from messages.stock import Shortage, StockReserved
from workers.payment import refunds
from workers.payment.rules import Intent, Settlement

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[Shortage, ...])

_PREPARE = text("""
    INSERT INTO payment.payment AS known (id, order_id, amount, currency, method, short)
    SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]), cast(:amounts AS bigint[]),
                         cast(:currencies AS text[]), cast(:methods AS text[]), cast(:shorts AS json[]))
        AS wanted (id, order_id)
     ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET attempts = known.attempts + 1, updated_at = now()
     WHERE known.status = 'PENDING'
    RETURNING id, order_id, amount, currency, method, cast(short AS text) AS short, give_up
""")
_LOCK = text("""
    SELECT id, order_id, amount, currency, method, cast(short AS text) AS short, give_up FROM payment.payment
     WHERE order_id = ANY(cast(:orders AS uuid[])) AND status = 'PENDING'
     ORDER BY order_id FOR NO KEY UPDATE
""")
_SETTLE = text("""
    WITH answer AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:statuses AS text[]), cast(:reasons AS text[]),
                             cast(:references AS text[]), cast(:voids AS boolean[]), cast(:outcomes AS text[]),
                             cast(:messages AS uuid[]))
            AS answer (id, status, reason, reference, void, outcome, message_id)
    ), settled AS (
        UPDATE payment.payment p
           SET status = answer.status, failure_reason = answer.reason, reference = answer.reference,
               void_due_at = CASE WHEN answer.void THEN now() END, updated_at = now()
          FROM answer
         WHERE p.id = answer.id AND p.status = 'PENDING'
        RETURNING p.id
    )
    INSERT INTO payment.attempt (payment_id, outcome, detail, message_id)
    SELECT id, answer.outcome, coalesce(answer.reason, answer.reference), answer.message_id
      FROM answer JOIN settled USING (id)
""")
_LEASE_VOIDS = text("""
    UPDATE payment.payment p SET void_due_at = now() + interval '1 minute'
      FROM (SELECT id FROM payment.payment WHERE void_due_at <= now()
             ORDER BY void_due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED) due
     WHERE p.id = due.id
    RETURNING p.order_id, p.failure_reason
""")
_VOIDED = text("""
    WITH voided AS (
        UPDATE payment.payment p SET void_due_at = NULL
          FROM (SELECT id FROM payment.payment WHERE order_id = ANY(cast(:orders AS uuid[]))
                 ORDER BY order_id FOR NO KEY UPDATE) done
         WHERE p.id = done.id AND p.void_due_at IS NOT NULL
        RETURNING p.id
    )
    INSERT INTO payment.attempt (payment_id, outcome) SELECT id, 'voided' FROM voided
""")


async def prepare(tx: AsyncConnection, held: Sequence[StockReserved]) -> list[Intent]:
    """Write the intent to charge, and return those that are open, in no particular order."""
    rows = await tx.execute(
        _PREPARE,
        {
            "ids": [uuid7() for _ in held],
            "orders": [message.order_id for message in held],
            "amounts": [message.amount for message in held],
            "currencies": [message.currency for message in held],
            "methods": [message.payment_method for message in held],
            "shorts": [_encoder.encode(message.short).decode() if message.short else None for message in held],
        },
    )
    return [_intent(row) for row in rows.mappings()]


async def lock_open(tx: AsyncConnection, orders: Sequence[UUID]) -> dict[UUID, Intent]:
    """Return the payments that are still open, by order, and keep them as they are until ``tx`` ends."""
    rows = await tx.execute(_LOCK, {"orders": list(orders)})
    return {row["order_id"]: _intent(row) for row in rows.mappings()}


async def settle(tx: AsyncConnection, settlements: Sequence[Settlement], causes: Mapping[UUID, UUID]) -> None:
    """Write where the answers led, and their history; ``causes`` gives the message behind each order's."""
    await tx.execute(
        _SETTLE,
        {
            "ids": [settlement.payment_id for settlement in settlements],
            "statuses": [settlement.status for settlement in settlements],
            "reasons": [settlement.reason for settlement in settlements],
            "references": [settlement.reference for settlement in settlements],
            "voids": [settlement.void for settlement in settlements],
            "outcomes": [settlement.outcome for settlement in settlements],
            "messages": [causes[settlement.order_id] for settlement in settlements],
        },
    )


async def lease_voids(tx: AsyncConnection, limit: int) -> dict[UUID, str]:
    """Take orders whose charge, taken or not, is to be reversed, for a minute; the value says why."""
    rows = await tx.execute(_LEASE_VOIDS, {"limit": limit})
    return {row.order_id: row.failure_reason for row in rows}


async def voided(tx: AsyncConnection, orders: Sequence[UUID]) -> None:
    """Record that nothing is charged for these orders any more."""
    await tx.execute(_VOIDED, {"orders": list(orders)})


async def retry_refund(tx: AsyncConnection, payment_id: UUID) -> PaymentRefundDue | None:
    """Try a refund that failed for good once more: the caller has what is returned said in ``tx``.

    None when there is no such payment, or its refund has not failed.
    """
    order = await refunds.retry(tx, payment_id)
    return PaymentRefundDue(order_id=order) if order else None


def _intent(row: Mapping[Any, Any]) -> Intent:
    return Intent(**{**row, "short": _decoder.decode(row["short"]) if row["short"] else ()})
