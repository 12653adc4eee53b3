"""Money: what is kept is what is owed, and the provider says the same."""

from typing import Any

from sqlalchemy import text

from ops.audit.between import Between
from ops.audit.within import Within

_KEPT = text("""
    SELECT cast(order_id AS text) AS id, status AS payment, currency AS "paidIn",
           CASE WHEN status IN ('COMPLETED', 'REFUNDING', 'REFUNDED', 'REFUND_FAILED')
                THEN amount - refunded_amount ELSE 0 END AS kept, refund_by AS "refundBy", elsewhere
      FROM payment.payment WHERE order_id > cast(:after AS uuid) ORDER BY order_id LIMIT :bite
""")
_OWES = frozenset({"COMPLETED", "IN_TRANSIT", "DELIVERED"})
_OWES_NOTHING = frozenset({"DRAFT", "CANCELLED", "FAILED"})


def owed(order: Any) -> int | None:
    """Return what an order's customer owes; None while that is still being found out."""
    if order.status in _OWES and not order.awaits_total:
        return int(order.total)
    return 0 if order.status in _OWES_NOTHING else None


def is_not_what_is_owed(order: Any | None, payment: Any | None) -> bool:
    """Tell whether a payment does not fit its order. A refund under way, or failed, has lines of its own."""
    due = None if order is None else owed(order)
    if order is None or due is None:
        return False
    if payment is None:
        return due != 0
    if _is_on_its_way_back(order, payment):
        return False
    is_short = payment.kept < due and payment.refundBy is None  # somebody may give back what is owed
    return bool(is_short or payment.kept > due or (due and payment.paidIn != order.currency))


def _is_on_its_way_back(order: Any, payment: Any) -> bool:
    """Tell whether money is being given back, or is about to be: what was taken elsewhere hears of a failed order."""
    if order.status == "FAILED" and not order.is_quiet and payment.elsewhere and payment.payment == "COMPLETED":
        return True
    return bool(payment.payment == "REFUND_FAILED" or (payment.payment == "REFUNDING" and order.status == "FAILED"))


def has_no_order(order: Any | None, payment: Any | None) -> bool:
    """Tell whether money is kept for an order that nobody knows."""
    return order is None and payment is not None and payment.kept != 0


OWED = Between(
    "money-owed",
    "Captured minus refunded is what is owed: the total of an order that is complete, on its way or delivered, unless "
    "somebody gave it back, and nothing for one that failed or was cancelled",
    "payment",
    _KEPT,
    is_not_what_is_owed,
)
ORDERLESS = Between(
    "charge-without-order", "Nobody is charged for an order that does not exist", "payment", _KEPT, has_no_order
)
# Of what was given back by hand, the provider may have given back nothing, or the refund that was under way as well.
BOOKS = Within(
    "provider-books",
    "The provider holds, order by order, what the payments say; charges and refunds under way are left out, and what "
    "was taken or given back elsewhere is none of the provider's",
    "payment",
    """
    SELECT order_id AS "orderId", status AS payment, kept, taken AS "atProvider"
      FROM (SELECT coalesce(p.order_id, c.key) AS order_id, p.status, p.void_due_at, p.amount,
                   coalesce(p.refund_by = 'hand', false) AS by_hand,
                   CASE WHEN starts_with(p.reference, 'sim_') AND NOT p.elsewhere
                             AND p.status IN ('COMPLETED', 'REFUNDING', 'REFUNDED', 'REFUND_FAILED')
                        THEN p.amount - p.refunded_amount ELSE 0 END AS kept,
                   coalesce(c.captured - c.refunded, 0) AS taken
              FROM payment.payment p FULL JOIN payment.simulated_charge c ON c.key = p.order_id) AS books
     WHERE kept <> taken AND NOT (by_hand AND taken = amount)
       AND void_due_at IS NULL AND coalesce(status NOT IN ('PENDING', 'REFUNDING'), true)
    """,
)
REFUND_FAILED = Within(
    "refund-failed",
    "No refund has failed for good; each waits for an operator to try again",
    "payment",
    """
    SELECT order_id AS "orderId", id AS "paymentId", amount - refunded_amount AS kept
      FROM payment.payment WHERE status = 'REFUND_FAILED'
    """,
)
LATE = Within(
    "payment-late",
    "No charge, refund or reversal takes longer than every retry together; one that is awaited from elsewhere, or that "
    "the provider has not finished, may take as long as stock is held",
    "payment",
    """
    SELECT order_id AS "orderId", id AS "paymentId", status AS payment,
           cast(extract(epoch FROM now() - coalesce(void_due_at, updated_at)) AS bigint) AS seconds
      FROM payment.payment
     WHERE (status IN ('PENDING', 'REFUNDING')
            AND updated_at < now() - make_interval(secs => cast(:patience AS float8))
                - CASE WHEN status = 'PENDING' AND (elsewhere OR ask_at IS NOT NULL)
                       THEN make_interval(secs => cast(:reservation AS float8)) ELSE interval '0' END)
        OR void_due_at < now() - make_interval(secs => :patience)
    """,
)
