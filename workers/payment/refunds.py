"""What is written of payments that are given up or given back, in sets."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages.payment import PaymentRefunded, PaymentRefundFailed
from workers.payment.errands import NotRefunded, Refund, Refunded
from workers.payment.giving_up import NOTHING, Change, Known
from workers.payment.intent import Status, bill

# Locks the payments that are there in the same order in which it begins those that are not.
_CLAIM = text("""
    INSERT INTO payment.payment AS known (id, order_id, amount, currency, method, status, failure_reason, attempts)
    SELECT id, order_id, 0, :nothing, '', :status, :reason, 0
      FROM unnest(cast(:ids AS uuid[]), cast(:orders AS uuid[])) AS wanted (id, order_id)
     ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET updated_at = known.updated_at
    RETURNING id, order_id, amount, currency, status, give_up, refunded_amount, elsewhere
""")
_KNOWN = text("""
    SELECT id, order_id, amount, currency, status, give_up, refunded_amount, elsewhere FROM payment.payment
     WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY order_id FOR NO KEY UPDATE
""")
_CHANGE = text("""
    WITH change AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:statuses AS text[]), cast(:give_ups AS text[]),
                             cast(:outcomes AS text[]), cast(:reasons AS text[]), cast(:messages AS uuid[]))
            AS change (id, status, give_up, outcome, reason, message_id)
    ), changed AS (
        UPDATE payment.payment p
           SET status = change.status, give_up = change.give_up, unsaid = false, updated_at = now(),
               failure_reason = coalesce(p.failure_reason, change.reason),
               ask_at = CASE WHEN p.ask_at IS NOT NULL THEN now() END
          FROM change WHERE p.id = change.id
    )
    INSERT INTO payment.attempt (payment_id, outcome, detail, message_id)
    SELECT id, outcome, CASE outcome WHEN 'given_up' THEN give_up END, message_id FROM change
""")
_REFUNDING = text("""
    SELECT order_id, amount, currency, method, reference, elsewhere FROM payment.payment
     WHERE order_id = ANY(cast(:orders AS uuid[])) AND status = 'REFUNDING'
""")
_SETTLE = text("""
    WITH answer AS (
        SELECT * FROM unnest(cast(:orders AS uuid[]), cast(:statuses AS text[]), cast(:reasons AS text[]),
                             cast(:messages AS uuid[])) AS answer (order_id, status, reason, message_id)
    ), due AS (
        SELECT id FROM payment.payment WHERE order_id = ANY(cast(:orders AS uuid[])) AND status = 'REFUNDING'
         ORDER BY order_id FOR NO KEY UPDATE
    ), settled AS (
        UPDATE payment.payment p
           SET status = answer.status, updated_at = now(),
               refunded_amount = CASE answer.status WHEN 'REFUNDED' THEN p.amount ELSE p.refunded_amount END
          FROM due, answer WHERE p.id = due.id AND p.order_id = answer.order_id
        RETURNING p.id, p.order_id, p.amount, p.currency, p.status, answer.reason, answer.message_id
    ), noted AS (
        INSERT INTO payment.attempt (payment_id, outcome, detail, message_id)
        SELECT id, lower(status), reason, message_id FROM settled
    )
    SELECT order_id, amount, currency, status, reason FROM settled ORDER BY order_id
""")
_RETRY = text("""
    WITH retried AS (
        UPDATE payment.payment SET status = 'REFUNDING', updated_at = now()
         WHERE id = :id AND status = 'REFUND_FAILED'
        RETURNING id, order_id
    ), noted AS (
        INSERT INTO payment.attempt (payment_id, outcome) SELECT id, 'refund_retried' FROM retried
    )
    SELECT order_id FROM retried
""")


async def claim(tx: AsyncConnection, orders: Sequence[UUID], *, status: Status, reason: str) -> list[Known]:
    """Lock the payments of the orders; for an order that nobody had heard of, one is begun that has ended already."""
    ids = {uuid7() for _ in orders}
    values = {"ids": list(ids), "orders": list(orders), "nothing": NOTHING, "status": status, "reason": reason}
    return [Known(fresh=row["id"] in ids, **row) for row in (await tx.execute(_CLAIM, values)).mappings()]


async def change(tx: AsyncConnection, changes: Sequence[Change], causes: Mapping[UUID, UUID]) -> None:
    """Write what giving up did, and the history of it; ``causes`` gives the message behind each order's."""
    made = [(each, each.outcome) for each in changes if each.outcome]
    if made:
        values = {
            "ids": [each.payment_id for each, _ in made],
            "statuses": [each.status for each, _ in made],
            "give_ups": [each.give_up for each, _ in made],
            "outcomes": [outcome for _, outcome in made],
            "reasons": [outcome if each.status in ("FAILED", "VOIDED") else None for each, outcome in made],
            "messages": [causes[each.order_id] for each, _ in made],
        }
        await tx.execute(_CHANGE, values)


async def known(tx: AsyncConnection, orders: Sequence[UUID]) -> list[Known]:
    """Lock the payments of those orders that have one."""
    return [Known(**row) for row in (await tx.execute(_KNOWN, {"orders": list(orders)})).mappings()]


async def refunding(tx: AsyncConnection, orders: Sequence[UUID]) -> list[Refund]:
    """Return what is to be given back for the orders."""
    return [
        Refund(subject=row.order_id, bill=bill(row), elsewhere=row.elsewhere)
        for row in await tx.execute(_REFUNDING, {"orders": list(orders)})
    ]


async def settle(
    tx: AsyncConnection, answers: Sequence[Refunded | NotRefunded], causes: Mapping[UUID, UUID]
) -> list[PaymentRefunded | PaymentRefundFailed]:
    """Write what the provider answered, and return what is to be said of it."""
    values = {
        "orders": [answer.subject for answer in answers],
        "statuses": ["REFUNDED" if isinstance(answer, Refunded) else "REFUND_FAILED" for answer in answers],
        "reasons": [None if isinstance(answer, Refunded) else answer.reason for answer in answers],
        "messages": [causes[answer.subject] for answer in answers],
    }
    return [
        PaymentRefunded(order_id=row.order_id, amount=row.amount, currency=row.currency)
        if row.status == "REFUNDED"
        else PaymentRefundFailed(order_id=row.order_id, reason=row.reason)
        for row in await tx.execute(_SETTLE, values)
    ]


async def retry(tx: AsyncConnection, payment_id: UUID) -> UUID | None:
    """Take up a refund that failed for good again; return its order, None when there is no such refund."""
    order: UUID | None = (await tx.execute(_RETRY, {"id": payment_id})).scalar_one_or_none()
    return order
