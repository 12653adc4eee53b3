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
from workers.payment.errands import Processing, Void
from workers.payment.intent import Intent, bill
from workers.payment.rules import TAKEN_ELSEWHERE, Settlement

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[Shortage, ...])

_PREPARE = text("""
    INSERT INTO payment.payment AS known (id, order_id, amount, currency, method, short)
    SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[]), cast(:amounts AS bigint[]),
                         cast(:currencies AS text[]), cast(:methods AS text[]), cast(:shorts AS json[]))
        AS wanted (id, order_id)
     ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE
       SET attempts = known.attempts + CASE WHEN known.unsaid THEN 0 ELSE 1 END, updated_at = now(),
           short = CASE WHEN known.unsaid THEN excluded.short ELSE known.short END
     WHERE known.unsaid OR (known.status = 'PENDING' AND NOT known.elsewhere)
    RETURNING id, order_id, amount, currency, method, cast(short AS text) AS short, give_up, reference, unsaid
""")
_LOCK = text("""
    SELECT id, order_id, amount, currency, method, cast(short AS text) AS short, give_up, reference, status,
           failure_reason, elsewhere, unsaid
      FROM payment.payment
     WHERE order_id = ANY(cast(:orders AS uuid[])) AND (unsaid OR (status = 'PENDING' AND NOT elsewhere))
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
           SET status = answer.status, failure_reason = answer.reason,
               reference = coalesce(answer.reference, p.reference),
               void_due_at = CASE WHEN answer.void THEN now() END, updated_at = now()
          FROM answer
         WHERE p.id = answer.id AND p.status = 'PENDING'
        RETURNING p.id
    )
    INSERT INTO payment.attempt (payment_id, outcome, detail, message_id)
    SELECT id, answer.outcome, coalesce(answer.reason, answer.reference), answer.message_id
      FROM answer JOIN settled USING (id)
""")
_TELL = text("""
    UPDATE payment.payment SET unsaid = false, updated_at = now() WHERE id = ANY(cast(:ids AS uuid[])) AND unsaid
""")
_WAIT = text("""
    WITH answer AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:references AS text[]), cast(:messages AS uuid[]))
            AS answer (id, reference, message_id)
    ), waiting AS (
        UPDATE payment.payment p
           SET reference = answer.reference, ask_at = now() + interval '10 seconds', updated_at = now()
          FROM answer WHERE p.id = answer.id AND p.status = 'PENDING' AND p.ask_at IS NULL
        RETURNING p.id
    )
    INSERT INTO payment.attempt (payment_id, outcome, detail, message_id)
    SELECT id, 'processing', answer.reference, answer.message_id FROM answer JOIN waiting USING (id)
""")
_LEASE_VOIDS = text("""
    UPDATE payment.payment p SET void_due_at = now() + interval '1 minute'
      FROM (SELECT id FROM payment.payment WHERE void_due_at <= now()
             ORDER BY void_due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED) due
     WHERE p.id = due.id
    RETURNING p.order_id, p.amount, p.currency, p.method, p.reference, p.failure_reason
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
    return [intent(row) for row in rows.mappings()]


async def lock_open(tx: AsyncConnection, orders: Sequence[UUID]) -> dict[UUID, Intent]:
    """Return the payments that await an answer, by order, and keep them as they are until ``tx`` ends.

    The provider's answer, or, of one that was recorded before stock was held, that it is held now.
    """
    rows = await tx.execute(_LOCK, {"orders": list(orders)})
    return {row["order_id"]: intent(row) for row in rows.mappings()}


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
            "messages": [causes.get(settlement.order_id) for settlement in settlements],
        },
    )


async def tell(tx: AsyncConnection, told: Sequence[Intent]) -> None:
    """Record that what became of these payments is said."""
    await tx.execute(_TELL, {"ids": [intent.id for intent in told]})


async def wait(tx: AsyncConnection, waiting: Mapping[UUID, tuple[Processing, UUID | None]]) -> None:
    """Have the provider asked again about payments, by id, that it will know about later."""
    values = {
        "ids": list(waiting),
        "references": [answer.reference for answer, _ in waiting.values()],
        "messages": [cause for _, cause in waiting.values()],
    }
    await tx.execute(_WAIT, values)


async def lease_voids(tx: AsyncConnection, limit: int) -> list[Void]:
    """Take charges that, taken or not, are to be reversed, for a minute."""
    return [
        Void(subject=row.order_id, bill=bill(row), reason=row.failure_reason or TAKEN_ELSEWHERE)
        for row in await tx.execute(_LEASE_VOIDS, {"limit": limit})
    ]


async def voided(tx: AsyncConnection, orders: Sequence[UUID]) -> None:
    """Record that nothing is charged for these orders any more."""
    await tx.execute(_VOIDED, {"orders": list(orders)})


async def retry_refund(tx: AsyncConnection, payment_id: UUID) -> PaymentRefundDue | None:
    """Try a refund that failed for good once more: the caller has what is returned said in ``tx``.

    None when there is no such payment, or its refund has not failed.
    """
    order = await refunds.retry(tx, payment_id)
    return PaymentRefundDue(order_id=order) if order else None


def intent(row: Mapping[Any, Any]) -> Intent:
    """Read a payment from a row."""
    return Intent(**{**row, "short": _decoder.decode(row["short"]) if row["short"] else ()})
