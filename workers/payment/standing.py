"""What is put right when the provider has something else than the payment says: it was changed there, or went wrong."""

from uuid import UUID

import msgspec

from messages.payment import PaymentRefunded, PaymentRefundFailed
from workers.payment.intent import RefundBy, Status
from workers.payment.provider import Standing

REFUND_FAILED = "refund_failed"


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands here, while the provider is asked how it stands there."""

    id: UUID
    order_id: UUID
    amount: int
    currency: str
    status: Status
    refunded_amount: int
    refund_by: RefundBy | None
    elsewhere: bool


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a payment: with ``void`` what was taken all the same is to be reversed."""

    payment_id: UUID
    status: Status
    refunded_amount: int
    refund_by: RefundBy | None
    void: bool = False
    outcome: str | None = None
    detail: str | None = None
    says: tuple[PaymentRefunded | PaymentRefundFailed, ...] = ()


def correct(payment: Followed, standing: Standing) -> Correction | None:
    """Say what the provider's books mean for a payment; None when they agree, or the payment is on its way."""
    is_taken, is_back = standing.taken > 0, standing.returned >= standing.taken
    if payment.elsewhere or payment.status in ("FAILED", "VOIDED"):
        return None if is_back else _correction(payment, void=True)
    match payment.status:
        case "COMPLETED" | "REFUND_FAILED" if is_taken and is_back:
            return _refunded(payment)
        case "COMPLETED" if standing.returned != payment.refunded_amount:
            return _partly(payment, standing.returned)
        case "REFUNDED" if payment.refund_by != "hand" and not is_back:
            return _refund_failed(payment, standing.returned)
        case _:
            return None


def _refunded(payment: Followed) -> Correction:
    """Somebody gave the money back at the provider, or a refund that had failed went through."""
    said = PaymentRefunded(order_id=payment.order_id, amount=payment.amount, currency=payment.currency)
    by: RefundBy | None = "provider" if payment.status == "COMPLETED" else payment.refund_by
    return _correction(
        payment, status="REFUNDED", refunded=payment.amount, refund_by=by, outcome="refunded", says=(said,)
    )


def _partly(payment: Followed, returned: int) -> Correction:
    by: RefundBy | None = "provider" if returned else None
    return _correction(payment, refunded=returned, refund_by=by, outcome="partly_refunded", detail=str(returned))


def _refund_failed(payment: Followed, returned: int) -> Correction:
    """The provider took a refund back: the customer's bank did not want it."""
    said = PaymentRefundFailed(order_id=payment.order_id, reason=REFUND_FAILED)
    return _correction(
        payment,
        status="REFUND_FAILED",
        refunded=returned,
        refund_by=payment.refund_by,
        outcome=REFUND_FAILED,
        says=(said,),
    )


def _correction(
    payment: Followed,
    *,
    status: Status | None = None,
    refunded: int | None = None,
    refund_by: RefundBy | None = None,
    void: bool = False,
    outcome: str | None = None,
    detail: str | None = None,
    says: tuple[PaymentRefunded | PaymentRefundFailed, ...] = (),
) -> Correction:
    return Correction(
        payment_id=payment.id,
        status=status or payment.status,
        refunded_amount=payment.refunded_amount if refunded is None else min(refunded, payment.amount),
        refund_by=refund_by if refunded is not None else payment.refund_by,
        void=void,
        outcome=outcome,
        detail=detail,
        says=says,
    )
