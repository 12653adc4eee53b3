"""The payment room: prepare, call, settle; give up, and give back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCancelled
from messages.payment import (
    PaymentCompleted,
    PaymentFailed,
    PaymentRefundDue,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentVoided,
)
from messages.post.topology import LADDER
from messages.stock import StockReservationExpired, StockReserved
from workers.payment import giving_up, refunds, rules, store
from workers.payment.provider import Provider, Taken
from workers.payment.rules import Charge, Charged, Declined, NotRefunded, Refund, Refunded, Void, Voided
from workers.payment.simulated import SimulatedProvider
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings

room = Room("Payment", ladder=LADDER[:3])


@room.provides
@asynccontextmanager
async def provider(settings: Settings) -> AsyncIterator[Provider]:
    """Open the payment provider."""
    async with SimulatedProvider.open(settings) as opened:
        yield opened


@room.on
async def prepare(held: Batch[StockReserved], tx: AsyncConnection) -> Sequence[Charge | Void]:
    """Put the intent on disk before anybody is asked for money."""
    return [rules.errand(intent) for intent in await store.prepare(tx, held)]


@prepare.call
async def ask(errand: Charge | Void, provider: Provider) -> Charged | Declined:
    """Ask the provider, with the order as the key."""
    if isinstance(errand, Void):
        await provider.void(errand.subject)
        return Declined(subject=errand.subject, reason=errand.reason)
    answer = await provider.charge(errand.subject, errand.amount, errand.currency, errand.method)
    if isinstance(answer, Taken):
        return Charged(subject=errand.subject, reference=answer.reference)
    return Declined(subject=errand.subject, reason=answer.reason)


@ask.settle
async def settle(
    answers: Batch[Charged | Declined], tx: AsyncConnection
) -> Sequence[PaymentCompleted | PaymentFailed | PaymentVoided | PaymentRefundDue]:
    """Let every payment that is still open end as its answer says."""
    intents = await store.lock_open(tx, answers.subjects)
    settlements = [rules.settle(intents[answer.subject], answer) for answer in answers if answer.subject in intents]
    await store.settle(tx, settlements, dict(zip(answers.subjects, answers.ids, strict=True)))
    return [message for settlement in settlements for message in settlement.says]


@ask.resign
def resign(errand: Charge | Void) -> Charged | Declined:
    """Answer for a provider that keeps failing."""
    return Declined(subject=errand.subject, reason=rules.PROVIDER_UNAVAILABLE)


@room.on
async def expire(overdue: Batch[StockReservationExpired], tx: AsyncConnection) -> Sequence[PaymentFailed]:
    """Give up what is not paid; what the provider is being asked right now is decided by its answer."""
    known = await refunds.claim(tx, overdue.subjects, status="FAILED", reason=rules.WHY_GIVEN_UP["expired"])
    return await _give_up([giving_up.expire(each) for each in known], overdue, tx)


@room.on
async def cancel(
    cancelled: Batch[OrderCancelled], tx: AsyncConnection
) -> Sequence[PaymentVoided | PaymentRefundDue | PaymentRefunded]:
    """Take nothing more, and give back what was taken."""
    known = await refunds.claim(tx, cancelled.subjects, status="VOIDED", reason=rules.WHY_GIVEN_UP["cancelled"])
    return await _give_up([giving_up.cancel(each) for each in known], cancelled, tx)


async def _give_up(changes: list[giving_up.Change], said: Batch[Any], tx: AsyncConnection) -> list[Any]:
    await refunds.change(tx, changes, dict(zip(said.subjects, said.ids, strict=True)))
    return [message for change in changes for message in change.says]


@room.on
async def prepare_refund(due: Batch[PaymentRefundDue], tx: AsyncConnection) -> Sequence[Refund]:
    """Give back only what is still to be given back."""
    return [Refund(subject=order) for order in await refunds.refunding(tx, due.subjects)]


@prepare_refund.call
async def refund(errand: Refund, provider: Provider) -> Refunded | NotRefunded:
    """Ask the provider, with the order as the key."""
    await provider.refund(errand.subject)
    return Refunded(subject=errand.subject)


@refund.settle
async def settle_refund(
    answers: Batch[Refunded | NotRefunded], tx: AsyncConnection
) -> Sequence[PaymentRefunded | PaymentRefundFailed]:
    """Record what came of it."""
    return await refunds.settle(tx, answers, dict(zip(answers.subjects, answers.ids, strict=True)))


@refund.resign
def resign_refund(errand: Refund) -> Refunded | NotRefunded:
    """Answer for a provider that keeps failing; an operator may try again."""
    return NotRefunded(subject=errand.subject, reason=rules.PROVIDER_UNAVAILABLE)


@room.every(5)
async def reverse(tx: AsyncConnection, limit: int) -> Sequence[Void]:
    """Reverse what a provider that never answered may have taken: nobody pays for an order that failed."""
    due = await store.lease_voids(tx, limit)
    return [Void(subject=order, reason=reason) for order, reason in due.items()]


@reverse.call
async def void(errand: Void, provider: Provider) -> Voided:
    """Ask until the provider has answered."""
    await provider.void(errand.subject)
    return Voided(subject=errand.subject)


@void.settle
async def reversed_(voided: Batch[Voided], tx: AsyncConnection) -> None:
    """Record that nothing is left to reverse."""
    await store.voided(tx, voided.subjects)
