"""The payment room: prepare, call, settle; give up, and give back; ask again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCancelled, OrderFailed
from messages.payment import PaymentFailed, PaymentRefundDue, PaymentRefunded, PaymentRefundFailed, PaymentVoided
from messages.post.topology import LADDER
from messages.stock import StockReservationExpired, StockReserved
from workers.payment import following, giving_up, providers, refunds, rules, saying, settling, store
from workers.payment.errands import (
    Charge,
    Charged,
    Declined,
    Follow,
    Followed,
    NotRefunded,
    Processing,
    Refund,
    Refunded,
    Tell,
    Told,
    Void,
    Voided,
)
from workers.payment.provider import Provider, Rejected, Standing, Taken
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings

room = Room("Payment", ladder=LADDER[:3], says=saying.SAYS)


@room.provides
@asynccontextmanager
async def provider(settings: Settings) -> AsyncIterator[Provider]:
    """Open the payment provider that the settings name."""
    async with providers.opened(settings) as opened:
        yield opened


@room.on
async def prepare(held: Batch[StockReserved], tx: AsyncConnection) -> Sequence[Charge | Void | Tell]:
    """Put the intent on disk before anybody is asked for money."""
    return [rules.errand(intent) for intent in await store.prepare(tx, held)]


@prepare.call
async def ask(errand: Charge | Void | Tell, provider: Provider) -> Charged | Declined | Processing | Told:
    """Ask the provider, with the order as the key; of what was recorded by hand, nobody has to be asked."""
    if isinstance(errand, Tell):
        return Told(subject=errand.subject)
    return await _ask(errand, provider)


async def _ask(errand: Charge | Void, provider: Provider) -> Charged | Declined | Processing:
    if isinstance(errand, Void):
        await provider.void(errand.bill)
        return Declined(subject=errand.subject, reason=errand.reason)
    answer = await provider.charge(errand.bill)
    match answer:
        case Taken():
            return Charged(subject=errand.subject, reference=answer.reference)
        case Rejected():
            return Declined(subject=errand.subject, reason=answer.reason)
        case _:
            return Processing(subject=errand.subject, reference=answer.reference)


@ask.settle
async def settle(
    answers: Batch[Charged | Declined | Processing | Told], tx: AsyncConnection
) -> Sequence[settling.Said]:
    """Let every payment that awaits an answer end, or wait longer, as its answer says."""
    causes = dict(zip(answers.subjects, answers.ids, strict=True))
    return await settling.settle(tx, {answer.subject: answer for answer in answers}, causes)


@ask.resign
def resign(errand: Charge | Void | Tell) -> Charged | Declined | Processing | Told:
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


@room.on
async def fail(failed: Batch[OrderFailed], tx: AsyncConnection) -> Sequence[PaymentRefundDue]:
    """Keep nothing for an order that failed before its payment was asked for."""
    known = await refunds.known(tx, failed.subjects)
    return await _give_up([giving_up.fail(each) for each in known], failed, tx)


async def _give_up(changes: list[giving_up.Change], said: Batch[Any], tx: AsyncConnection) -> list[Any]:
    await refunds.change(tx, changes, dict(zip(said.subjects, said.ids, strict=True)))
    return [message for change in changes for message in change.says]


@room.on
async def prepare_refund(due: Batch[PaymentRefundDue], tx: AsyncConnection) -> Sequence[Refund]:
    """Give back only what is still to be given back."""
    return await refunds.refunding(tx, due.subjects)


@prepare_refund.call
async def refund(errand: Refund, provider: Provider) -> Refunded | NotRefunded:
    """Ask the provider, with the order as the key; what was taken elsewhere waits for somebody to give it back."""
    if errand.elsewhere:
        return NotRefunded(subject=errand.subject, reason=rules.TAKEN_ELSEWHERE)
    refused = await provider.refund(errand.bill)
    if refused is not None:
        return NotRefunded(subject=errand.subject, reason=refused.reason)
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
    """Reverse what a provider that never answered may have taken: nobody pays for an order that failed, or twice."""
    return await store.lease_voids(tx, limit)


@reverse.call
async def void(errand: Void, provider: Provider) -> Voided:
    """Ask until the provider has answered."""
    await provider.void(errand.bill)
    return Voided(subject=errand.subject)


@void.settle
async def reversed_(voided: Batch[Voided], tx: AsyncConnection) -> None:
    """Record that nothing is left to reverse."""
    await store.voided(tx, voided.subjects)


@room.every(2)
async def follow(tx: AsyncConnection, limit: int) -> Sequence[Follow]:
    """Ask again about what the provider had not finished, and about what it says has changed."""
    return await following.lease(tx, limit)


@follow.call
async def look(errand: Follow, provider: Provider) -> Followed:
    """Ask as before where an answer is awaited, and look where there was one."""
    answer: Charged | Declined | Processing | Standing
    if errand.errand:
        answer = await _ask(errand.errand, provider)
    else:
        answer = await provider.look(errand.bill)
    return Followed(subject=errand.subject, leased=errand.leased, answer=answer)


@look.settle
async def followed(seen: Batch[Followed], tx: AsyncConnection) -> Sequence[settling.Said | PaymentRefundFailed]:
    """Settle what is answered now, and put right what the provider has otherwise."""
    await refunds.known(tx, seen.subjects)  # locked piece by piece, they would not be in the order of every other set
    answers = {each.subject: each.answer for each in seen if not isinstance(each.answer, Standing)}
    standings = {each.subject: each.answer for each in seen if isinstance(each.answer, Standing)}
    said = [*await settling.settle(tx, answers, {}), *await following.settle(tx, standings)]
    await following.done(tx, seen)
    return said
