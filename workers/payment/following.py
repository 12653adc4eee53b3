"""Asking the provider again: about what it had not finished, and about what it says has changed.

What a provider announces is no more than a hint to ask. What it answers holds, so it does not matter how often or in
which order its announcements come.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.payment import PaymentRefunded, PaymentRefundFailed
from workers.payment import errands, rules
from workers.payment.errands import Follow, Processing
from workers.payment.intent import Intent, Status, bill
from workers.payment.provider import Standing
from workers.payment.standing import Correction, Followed, correct

_HINT = text("""
    UPDATE payment.payment SET ask_at = now(), reference = coalesce(reference, :reference)
     WHERE order_id = :order AND (elsewhere OR status = ANY(cast(:statuses AS text[])))
""")
_LEASE = text("""
    UPDATE payment.payment p SET ask_at = now() + interval '30 seconds'
      FROM (SELECT id FROM payment.payment WHERE ask_at <= now()
             ORDER BY ask_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED) due
     WHERE p.id = due.id
    RETURNING p.id, p.order_id, p.amount, p.currency, p.method, p.reference, p.status, p.give_up, p.elsewhere, p.ask_at
""")
_LOCK = text("""
    SELECT id, order_id, amount, currency, status, refunded_amount, refund_by, elsewhere FROM payment.payment
     WHERE order_id = ANY(cast(:orders AS uuid[])) ORDER BY order_id FOR NO KEY UPDATE
""")
_CORRECT = text("""
    WITH correction AS (
        SELECT * FROM unnest(cast(:ids AS uuid[]), cast(:statuses AS text[]), cast(:amounts AS bigint[]),
                             cast(:bys AS text[]), cast(:voids AS boolean[]), cast(:outcomes AS text[]),
                             cast(:details AS text[]))
            AS correction (id, status, refunded_amount, refund_by, void, outcome, detail)
    ), corrected AS (
        UPDATE payment.payment p
           SET status = c.status, refunded_amount = c.refunded_amount, refund_by = c.refund_by, updated_at = now(),
               void_due_at = CASE WHEN c.void THEN coalesce(p.void_due_at, now()) ELSE p.void_due_at END
          FROM correction c WHERE p.id = c.id
    )
    INSERT INTO payment.attempt (payment_id, outcome, detail)
    SELECT id, outcome, detail FROM correction WHERE outcome IS NOT NULL
""")
_DONE = text("""
    UPDATE payment.payment p SET ask_at = NULL
      FROM unnest(cast(:orders AS uuid[]), cast(:leases AS timestamptz[])) AS done (order_id, leased)
     WHERE p.order_id = done.order_id AND p.ask_at = done.leased AND p.status <> 'REFUNDING'
""")


async def hint(tx: AsyncConnection, order_id: UUID, *, reference: str, of: Sequence[Status]) -> None:
    """Have the provider asked at once how an order's payment stands, if that is one ``of`` those that may change.

    ``reference`` is the provider's name for the charge.
    """
    await tx.execute(_HINT, {"order": order_id, "reference": reference, "statuses": list(of)})


async def lease(tx: AsyncConnection, limit: int) -> list[Follow]:
    """Take payments that the provider is to be asked about, for half a minute."""
    return [_errand(row) for row in await tx.execute(_LEASE, {"limit": limit})]


async def settle(tx: AsyncConnection, seen: Mapping[UUID, Standing]) -> list[PaymentRefunded | PaymentRefundFailed]:
    """Put the payments of orders right that the provider has otherwise, and return what is to be said of it."""
    if not seen:
        return []
    rows = (await tx.execute(_LOCK, {"orders": list(seen)})).mappings()
    payments = [Followed(**row) for row in rows]
    corrections = [made for payment in payments if (made := correct(payment, seen[payment.order_id]))]
    if corrections:
        await tx.execute(_CORRECT, _columns(corrections))
    return [said for correction in corrections for said in correction.says]


async def done(tx: AsyncConnection, followed: Sequence[errands.Followed]) -> None:
    """Ask no more about what is known now, unless there was another hint meanwhile.

    A refund under way is asked about until its own answer is there, lest it hides what was seen.
    """
    over = sorted((each.subject, each.leased) for each in followed if not isinstance(each.answer, Processing))
    values = {"orders": [order for order, _ in over], "leases": [leased for _, leased in over]}
    await tx.execute(_DONE, values)


def _errand(row: Any) -> Follow:
    asked = None
    if row.status == "PENDING" and not row.elsewhere:
        asked = rules.ask(
            Intent(
                id=row.id,
                order_id=row.order_id,
                amount=row.amount,
                currency=row.currency,
                method=row.method,
                give_up=row.give_up,
                reference=row.reference,
            )
        )
    return Follow(subject=row.order_id, bill=bill(row), errand=asked, leased=row.ask_at)


def _columns(corrections: Sequence[Correction]) -> dict[str, list[Any]]:
    return {
        "ids": [each.payment_id for each in corrections],
        "statuses": [each.status for each in corrections],
        "amounts": [each.refunded_amount for each in corrections],
        "bys": [each.refund_by for each in corrections],
        "voids": [each.void for each in corrections],
        "outcomes": [each.outcome for each in corrections],
        "details": [each.detail for each in corrections],
    }
