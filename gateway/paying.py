"""Taking note of payments that no provider took, and of what somebody did about a payment by hand."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.fields import Amount, Currency, Id, PaymentMethod
from gateway.problems import missing, refused, unprocessable
from gateway.saying import say
from messages.payment import PaymentStatusChanged
from messages.post import outbox
from messages.post.envelope import Envelope, enclose
from workers.order.rules import Status as OrderStatus
from workers.order.store import Owed
from workers.payment import by_hand, views
from workers.payment.by_hand import HasPayment, Illegal, NewPayment, Said
from workers.payment.intent import Status
from workers.payment.views import Payment, Shown

PAYABLE = (OrderStatus.PENDING, OrderStatus.RESERVED)


class RecordPayment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A payment taken elsewhere, or with `PENDING` one that is awaited; without `currency` it is in the order's."""

    order_id: Id
    amount: Amount
    currency: Currency | None = None
    method: PaymentMethod = "elsewhere"
    status: Shown = "COMPLETED"


class StatusChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a payment is to be."""

    payment_id: Id
    status: Status


def payable(order: Owed | None, wanted: RecordPayment) -> NewPayment:
    """Return the payment as it is written down.

    Raises:
        Problem: when there is no such order, it is not the time to pay it, or it owes something else.
    """
    if order is None:
        raise unprocessable("unknown-reference", "Unknown order", {"/orderId": "There is no such order"})
    if order.status not in PAYABLE:
        raise refused(
            "Only an order that waits for its payment can be paid.", {"/orderId": f"The order is {order.status}"}
        )
    if order.awaits_total:
        raise refused(
            "What a partial order owes is known once its stock is reserved.",
            {"/orderId": f"The order is {order.status}"},
        )
    _require_what_is_owed(order, wanted)
    return NewPayment(
        order_id=order.id, amount=wanted.amount, currency=order.currency, method=wanted.method, status=wanted.status
    )


def _require_what_is_owed(order: Owed, wanted: RecordPayment) -> None:
    if (wanted.currency or order.currency) != order.currency:
        raise unprocessable(
            "currency-mismatch", "Currencies differ", {"/currency": f"The order is in {order.currency}"}
        )
    if wanted.amount != order.total:
        raise unprocessable("amount-mismatch", "Amounts differ", {"/amount": f"The order owes {order.total}"})


async def record(tx: AsyncConnection, new: NewPayment, trace: str | None) -> Payment:
    """Write down a payment and have it said, all in ``tx``; raises Problem when the order has one already."""
    try:
        payment_id, said = await by_hand.record(tx, new)
    except HasPayment as there:
        raise refused("An order has one payment; PUT /payments/status changes it.", {"/orderId": str(there)}) from None
    except Illegal as illegal:
        raise refused("A payment cannot begin so.", {"/status": str(illegal)}) from None
    return await _said(tx, payment_id, said, trace)


async def change(tx: AsyncConnection, wanted: StatusChange, trace: str | None) -> Payment:
    """Change a payment and have said what follows, all in ``tx``; raises Problem when it cannot be."""
    try:
        said = await by_hand.change(tx, wanted.payment_id, wanted.status)
    except Illegal as illegal:
        raise refused(f"A payment cannot become {wanted.status} from there.", {"/status": str(illegal)}) from None
    if said is None:
        raise missing("payment")
    return await _said(tx, wanted.payment_id, said, trace)


async def _said(tx: AsyncConnection, payment_id: UUID, said: list[Said], trace: str | None) -> Payment:
    """Leave for the relay what is said: the change by the gateway, and what follows from it by the payment room."""
    await outbox.put(tx, [_envelope(message, trace) for message in said])
    payment = await views.get(tx, payment_id)
    if payment is None:
        raise missing("payment")
    return payment


def _envelope(message: Said, trace: str | None) -> Envelope:
    if isinstance(message, PaymentStatusChanged):
        return say(message, trace)
    return enclose(message, said_by="payment", traceparent=trace)
