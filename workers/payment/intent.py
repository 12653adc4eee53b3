"""A payment as it stands."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from messages.stock import Shortage
from workers.payment.provider import Bill

Status = Literal["PENDING", "COMPLETED", "FAILED", "VOIDED", "REFUNDING", "REFUNDED", "REFUND_FAILED"]
GiveUp = Literal["cancelled", "expired"]
RefundBy = Literal["hand", "provider"]


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands: ``short`` is what it does not pay for, ``give_up`` why it is no longer wanted.

    ``elsewhere``: no provider takes it, or can give it back. ``unsaid``: stock is not heard to be held, and until then
    nothing that moves the order may be said.
    """

    id: UUID
    order_id: UUID
    amount: int
    currency: str
    method: str
    short: tuple[Shortage, ...] = ()
    give_up: GiveUp | None = None
    reference: str | None = None
    status: Status = "PENDING"
    failure_reason: str | None = None
    elsewhere: bool = False
    unsaid: bool = False
    refund_by: RefundBy | None = None

    @property
    def bill(self) -> Bill:
        """What the provider is asked about."""
        return bill(self)


def bill(payment: Any) -> Bill:
    """Return what the provider is asked about for a payment, or for a row of one."""
    return Bill(
        key=payment.order_id,
        amount=payment.amount,
        currency=payment.currency,
        method=payment.method,
        reference=payment.reference,
    )
