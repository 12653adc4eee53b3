"""How a world must look when it has come to rest."""

from uuid import UUID

from sqlalchemy import text

from messages.post.envelope import enclose
from tests.support.auditing import violated
from tests.support.world import World
from workers.order.rules import ENDS, Cancel
from workers.payment.store import retry_refund

_REFUNDS_FAILED = text("SELECT id FROM payment.payment WHERE status = 'REFUND_FAILED' AND NOT elsewhere")
_RELENT = text("UPDATE payment.simulated_charge SET method = 'tok_ok' WHERE method = 'tok_refund_fails'")
_STATUSES = text('SELECT id, status FROM "order"."order"')
_TOLD = text("SELECT template FROM notification.notification WHERE order_id = :order")

_BUSY = text("SELECT sum(busy) FROM shipping.agent")

_MAILS = {
    "DELIVERED": {"payment_confirmation", "order_shipped", "order_delivered"},
    "CANCELLED": {"order_cancellation_confirmed"},
    "FAILED": {"order_failed"},
}
"""What a customer is told of each end, and of no other."""


async def require_good_end(world: World) -> None:
    """Every order has ended, as whoever wanted to cancel it was told, and the audit finds nothing.

    What is awaited from elsewhere comes first; a refund that failed for good waits for an operator, who is called.
    """
    await world.come_to_rest()
    if await bring_in(world):
        await world.come_to_rest()
    if await retry_refunds(world, provider_relents=True):
        await world.come_to_rest()
    for order, status in (await statuses(world)).items():
        assert status in ENDS, (order, status)
        await _require_agreement(world, order, status)
    assert await violated(world.books) == {}
    async with world.database.transaction() as tx:
        assert (await tx.execute(_BUSY)).scalar_one() == 0, "an agent carries what was delivered or stopped"


async def bring_in(world: World) -> int:
    """Let every payment come that is awaited from elsewhere, and return how many there were."""
    awaited = await world.payments(status="PENDING", elsewhere=True)
    for each in awaited:
        assert await world.change(each, "COMPLETED")
    return len(awaited)


async def statuses(world: World) -> dict[UUID, str]:
    async with world.database.transaction() as tx:
        return {row.id: row.status for row in await tx.execute(_STATUSES)}


async def retry_refunds(world: World, *, provider_relents: bool) -> int:
    """Do what an operator does about refunds that failed for good, and return how many there were."""
    async with world.database.transaction() as tx:
        failed = list((await tx.execute(_REFUNDS_FAILED)).scalars())
        if provider_relents:
            await tx.execute(_RELENT)
        due = [await retry_refund(tx, each) for each in failed]
    world.network.say([enclose(message, said_by="gateway") for message in due if message])
    by_hand = await world.payments(status="REFUND_FAILED", elsewhere=True) if provider_relents else []
    for each in by_hand:
        assert await world.change(each, "REFUNDED")
    return len(failed) + len(by_hand)


async def _require_agreement(world: World, order: UUID, status: str) -> None:
    """What was answered to a cancel is what came of it, and the customer was told that and nothing else."""
    answers, told = world.answers[order], await _told(world, order)
    was_asked = Cancel.REQUESTED in answers
    assert answers.count(Cancel.REQUESTED) <= 1, answers
    assert was_asked or status != "CANCELLED"
    assert not was_asked or status != "FAILED"
    assert told >= {"order_confirmation", *_MAILS[status]}, (status, told)
    foreign = set[str]().union(*(mails for end, mails in _MAILS.items() if end != status)) - {"payment_confirmation"}
    assert not told & foreign, (status, told)
    assert ("order_cancellation_rejected" in told) == (was_asked and status == "DELIVERED"), (answers, told)


async def _told(world: World, order: UUID) -> set[str]:
    async with world.database.transaction() as tx:
        return set((await tx.execute(_TOLD, {"order": order})).scalars())
