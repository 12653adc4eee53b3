"""Settling: every payment that awaits an answer ends, or goes on waiting, as its answer says."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.payment import PaymentCompleted, PaymentFailed, PaymentRefundDue, PaymentRefunded, PaymentVoided
from workers.payment import rules, store
from workers.payment.errands import Answer, Charged, Declined, Processing, Told

Said = PaymentCompleted | PaymentFailed | PaymentVoided | PaymentRefundDue | PaymentRefunded


async def settle(tx: AsyncConnection, answers: Mapping[UUID, Answer], causes: Mapping[UUID, UUID]) -> list[Said]:
    """Settle the payments of orders, and return what is to be said; ``causes`` gives the message behind each."""
    if not answers:
        return []
    known = await store.lock_open(tx, list(answers))
    told = [intent for order, intent in known.items() if intent.unsaid and isinstance(answers[order], Told)]
    asked = [(intent, answers[order]) for order, intent in known.items() if not intent.unsaid]
    waiting = {x.id: (answer, causes.get(x.order_id)) for x, answer in asked if isinstance(answer, Processing)}
    ended = [rules.settle(x, answer) for x, answer in asked if isinstance(answer, Charged | Declined)]
    if ended:
        await store.settle(tx, ended, causes)
    if waiting:
        await store.wait(tx, waiting)
    if told:
        await store.tell(tx, told)
    news = (said for intent in told for said in rules.tell(intent))
    return [*(said for settlement in ended for said in settlement.says), *news]
