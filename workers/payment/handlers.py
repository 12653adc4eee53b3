"""The payment room: prepare, call, settle."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.payment import PaymentCompleted, PaymentFailed
from messages.post.topology import LADDER
from messages.stock import StockReserved
from workers.payment import rules, store
from workers.payment.provider import Provider, Taken
from workers.payment.rules import Charge, Charged, Declined, Void, Voided
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
async def settle(answers: Batch[Charged | Declined], tx: AsyncConnection) -> Sequence[PaymentCompleted | PaymentFailed]:
    """Let every payment that is still open end as its answer says."""
    intents = await store.lock_open(tx, answers.subjects)
    settlements = [rules.settle(intents[answer.subject], answer) for answer in answers if answer.subject in intents]
    await store.settle(tx, settlements, dict(zip(answers.subjects, answers.ids, strict=True)))
    return [message for settlement in settlements for message in settlement.says]


@ask.resign
def resign(errand: Charge | Void) -> Charged | Declined:
    """Answer for a provider that keeps failing."""
    return Declined(subject=errand.subject, reason=rules.PROVIDER_UNAVAILABLE)


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
