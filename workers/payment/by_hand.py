"""What somebody records of a payment, or changes, by hand: in the caller's transaction, under the payment's lock."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from messages.payment import (
    PaymentCompleted,
    PaymentFailed,
    PaymentRefundDue,
    PaymentRefunded,
    PaymentStatusChanged,
    PaymentVoided,
)
from workers.payment import rules, store
from workers.payment.intent import Intent, RefundBy, Status
from workers.payment.rules import RECORDED, Step

Said = PaymentStatusChanged | PaymentCompleted | PaymentFailed | PaymentVoided | PaymentRefundDue | PaymentRefunded

_RECORD = text("""
    WITH recorded AS (
        INSERT INTO payment.payment (id, order_id, amount, currency, method, status, attempts, elsewhere, unsaid)
        VALUES (:id, :order, :amount, :currency, :method, :status, 0, true, true)
        ON CONFLICT (order_id) DO NOTHING
        RETURNING id, status
    )
    INSERT INTO payment.attempt (payment_id, outcome, detail) SELECT id, 'recorded', status FROM recorded
    RETURNING payment_id
""")
_HAS_ONE = text("SELECT id, status FROM payment.payment WHERE order_id = :order")
_LOCK = text("""
    SELECT id, order_id, amount, currency, method, cast(short AS text) AS short, give_up, reference, status,
           failure_reason, elsewhere, unsaid, refund_by
      FROM payment.payment WHERE id = :id FOR NO KEY UPDATE
""")
_CHANGE = text("""
    WITH changed AS (
        UPDATE payment.payment
           SET status = :to, failure_reason = coalesce(:why, failure_reason), elsewhere = elsewhere OR :elsewhere,
               void_due_at = CASE WHEN :void THEN now() ELSE void_due_at END,
               refund_by = coalesce(:refund_by, refund_by),
               refunded_amount = CASE :to WHEN 'REFUNDED' THEN amount ELSE refunded_amount END, updated_at = now()
         WHERE id = :id AND status = :before
        RETURNING id
    )
    INSERT INTO payment.attempt (payment_id, outcome, detail) SELECT id, 'changed_by_hand', :to FROM changed
    RETURNING payment_id
""")


class NewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that no provider takes: ``status`` is COMPLETED, or PENDING while it is awaited."""

    order_id: UUID
    amount: int
    currency: str
    method: str
    status: Status


class Illegal(Exception):  # noqa: N818 - says what the wish is
    """A payment in this state cannot be changed, or begun, so."""


class HasPayment(Exception):  # noqa: N818 - says what the order has
    """The order has a payment; an order has no other beside it."""

    def __init__(self, payment_id: UUID, status: Status) -> None:
        super().__init__(f"The order has payment {payment_id}, which is {status}")


async def record(tx: AsyncConnection, new: NewPayment) -> tuple[UUID, list[Said]]:
    """Write down a payment of an order that has none; return its id, and what is to be said in ``tx``.

    The order hears of it once stock is held for it: nobody is asked for money then.

    Raises:
        Illegal: when a payment cannot begin so.
        HasPayment: when the order has one.
    """
    if new.status not in RECORDED:
        raise Illegal(f"A payment that is recorded is {' or '.join(RECORDED)}")
    values = {
        "id": uuid7(),
        "order": new.order_id,
        "amount": new.amount,
        "currency": new.currency,
        "method": new.method,
        "status": new.status,
    }
    payment: UUID | None = (await tx.execute(_RECORD, values)).scalar_one_or_none()
    if payment is None:
        there = (await tx.execute(_HAS_ONE, {"order": new.order_id})).one()
        raise HasPayment(there.id, there.status)
    return payment, [_changed(payment, new.order_id, None, new.status)]


async def change(tx: AsyncConnection, payment_id: UUID, wish: Status) -> list[Said] | None:
    """Change a payment; return what is to be said in ``tx``, None when there is no such payment.

    Nothing is said, and nothing changes, when the payment is what it is wished to be.

    Raises:
        Illegal: when it cannot be changed so.
    """
    row = (await tx.execute(_LOCK, {"id": payment_id})).mappings().one_or_none()
    if row is None:
        return None
    payment = store.intent(row)
    if payment.status == wish:
        return []
    step = rules.by_hand(payment, wish)
    if step is None:
        raise Illegal(_why_not(payment, wish))
    await tx.execute(_CHANGE, _values(payment, step))
    return [_changed(payment.id, payment.order_id, payment.status, step.to), *_follows(payment, step)]


def _values(payment: Intent, step: Step) -> dict[str, Any]:
    return {
        "id": payment.id,
        "before": payment.status,
        "to": step.to,
        "why": step.why,
        "elsewhere": step.to == "COMPLETED",
        "void": payment.status == "PENDING" and not payment.elsewhere,
        "refund_by": _refund_by(step),
    }


def _refund_by(step: Step) -> RefundBy | None:
    if step.to == "REFUNDED":
        return "hand"
    return "provider" if (step.before, step.to) == ("COMPLETED", "REFUNDING") else None


def _follows(payment: Intent, step: Step) -> list[Said]:
    """Say what follows; what moves the order waits until stock is held, or stock would hear of it too early."""
    if payment.unsaid and step.before == "PENDING":
        return []
    return [say(payment, step.why or "") for say in step.says]


def _why_not(payment: Intent, wish: Status) -> str:
    if payment.elsewhere and wish == "REFUNDING":
        return "The payment was taken elsewhere: whoever gave the money back says REFUNDED"
    if payment.status == "PENDING" and payment.give_up:
        return f"The payment is given up: {rules.WHY_GIVEN_UP[payment.give_up]}"
    return f"The payment is {payment.status}"


def _changed(payment: UUID, order: UUID, before: Status | None, status: Status) -> PaymentStatusChanged:
    return PaymentStatusChanged(order_id=order, payment_id=payment, before=before, status=status)
