"""The notification room: messages are written down as they come; the clock sends what is due."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCreated, OrderFailed
from messages.payment import PaymentCompleted, PaymentRefunded
from messages.shipping import OrderDelivered, OrderShipped
from workers.notification import rules, store
from workers.notification.postman import MailPostponed, MailRefused, Postman
from workers.notification.render import mail as write
from workers.notification.rules import LEASE_SECONDS, SEND_SECONDS, Due, Mail, Postponed, Refused, Sent
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings

MARGIN_SECONDS = 5
room = Room("Notification")


@room.provides
@asynccontextmanager
async def postman(settings: Settings) -> AsyncIterator[Postman]:
    """Open the way to the mail server."""
    async with Postman.open(settings) as opened:
        yield opened


@room.on
async def order_created(created: Batch[OrderCreated], tx: AsyncConnection) -> None:
    """Confirm the order, and remember whom to write to about it."""
    await store.remember(tx, created)
    await store.record(tx, created)


@room.on
async def payment_completed(completed: Batch[PaymentCompleted], tx: AsyncConnection) -> None:
    """Confirm the payment."""
    await store.record(tx, completed)


@room.on
async def order_failed(failed: Batch[OrderFailed], tx: AsyncConnection) -> None:
    """Say that nothing comes of the order, and why."""
    await store.record(tx, failed)


@room.on
async def order_shipped(shipped: Batch[OrderShipped], tx: AsyncConnection) -> None:
    """Say how to follow the parcel."""
    await store.record(tx, shipped)


@room.on
async def order_delivered(delivered: Batch[OrderDelivered], tx: AsyncConnection) -> None:
    """Say that the order has arrived."""
    await store.record(tx, delivered)


@room.on
async def payment_refunded(refunded: Batch[PaymentRefunded], tx: AsyncConnection) -> None:
    """Say that the money comes back."""
    await store.record(tx, refunded)


@room.on
async def cancellation_confirmed(confirmed: Batch[OrderCancellationConfirmed], tx: AsyncConnection) -> None:
    """Say that the order is cancelled."""
    await store.record(tx, confirmed)


@room.on
async def cancellation_rejected(rejected: Batch[OrderCancellationRejected], tx: AsyncConnection) -> None:
    """Say that the cancel came too late."""
    await store.record(tx, rejected)


@room.every(0.25)
async def take_due(tx: AsyncConnection, limit: int) -> Sequence[Mail]:
    """Take mails to send; those whose recipient is not known yet wait for the order itself."""
    leave_by = time.monotonic() + LEASE_SECONDS - SEND_SECONDS - MARGIN_SECONDS
    due = await store.due(tx, limit)
    if unknown := [each.id for each in due if not each.email]:
        await store.wait(tx, unknown)
    written = [_write(each, leave_by) for each in due if each.email]
    mails = [mail for mail in written if isinstance(mail, Mail)]
    if mails:
        await store.lease(tx, mails)
    if len(mails) < len(written):
        await store.settle(tx, [refusal for refusal in written if isinstance(refusal, Refused)])
    return mails


def _write(due: Due, leave_by: float) -> Mail | Refused:
    try:
        return write(due, leave_by)
    except Exception as error:  # noqa: BLE001 - one notification that cannot be written must not hold up the others
        return Refused(subject=due.id, reason=f"cannot be written: {error}")


@take_due.call
async def send(mail: Mail, postman: Postman) -> Sent | Refused | Postponed:
    """Hand one mail to the mail server."""
    try:
        await postman.send(mail)
    except MailRefused as refusal:
        return Refused(subject=mail.subject, reason=str(refusal))
    except MailPostponed as postponement:
        return Postponed(subject=mail.subject, reason=str(postponement), seconds=rules.pause(mail.attempt))
    return Sent(subject=mail.subject)


@send.settle
async def settle(answers: Batch[Sent | Refused | Postponed], tx: AsyncConnection) -> None:
    """Write down what the mail server said."""
    await store.settle(tx, answers)
