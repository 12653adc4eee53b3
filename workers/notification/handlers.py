"""The notification room: messages are written down as they come; each channel's clock sends what is due."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from messages.account import UserRegistered
from messages.order import OrderCancellationConfirmed, OrderCancellationRejected, OrderCreated, OrderFailed
from messages.payment import PaymentCompleted, PaymentRefunded
from messages.shipping import OrderDelivered, OrderShipped
from messages.stock import StockDepleted, StockLow
from workers.notification import counter, line, render, rules, store, texters
from workers.notification.errands import Mail, Postponed, Refused, Sent, Sms
from workers.notification.postman import Postman
from workers.notification.rules import Recipient
from workers.notification.texters import Texting
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import Settings

room = Room("Notification")


@room.provides
@asynccontextmanager
async def postman(settings: Settings) -> AsyncIterator[Postman]:
    """Open the way to the mail server."""
    async with Postman.open(settings) as opened:
        yield opened


@room.provides
@asynccontextmanager
async def texting(settings: Settings) -> AsyncIterator[Texting]:
    """Open the way to the SMS gateway."""
    async with texters.opened(settings) as opened:
        yield opened


@room.on
async def order_created(created: Batch[OrderCreated], tx: AsyncConnection) -> None:
    """Confirm the order, and remember whom to write to about it."""
    await store.remember(tx, [rules.customer(message) for message in created])
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
async def order_shipped(shipped: Batch[OrderShipped], tx: AsyncConnection, settings: Settings) -> None:
    """Say how to follow the parcel, to those with a telephone by text as well: somebody has to be at the door."""
    await store.record(tx, shipped)
    if settings.sms_url:
        await store.record_sms(tx, shipped)


@room.on
async def order_delivered(delivered: Batch[OrderDelivered], tx: AsyncConnection, settings: Settings) -> None:
    """Say that the order has arrived, by text as well."""
    await store.record(tx, delivered)
    if settings.sms_url:
        await store.record_sms(tx, delivered)


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


@room.on
async def user_registered(registered: Batch[UserRegistered], tx: AsyncConnection) -> None:
    """Welcome a user."""
    await store.remember(tx, [rules.customer(message) for message in registered])
    await store.record(tx, registered)


@room.on
async def stock_low(low: Batch[StockLow], tx: AsyncConnection, settings: Settings) -> None:
    """Tell the administrator what to order."""
    await _alert(low, tx, settings.admin_email)


@room.on
async def stock_depleted(depleted: Batch[StockDepleted], tx: AsyncConnection, settings: Settings) -> None:
    """Tell the administrator what cannot be sold any more."""
    await _alert(depleted, tx, settings.admin_email)


async def _alert(said: Batch[StockLow] | Batch[StockDepleted], tx: AsyncConnection, address: str | None) -> None:
    if address is not None:
        await store.remember(tx, [Recipient(about=id_, user_id=None, name="", email=address) for id_ in said.ids])
        await store.record(tx, said)


@room.every(0.25)
async def take_due(tx: AsyncConnection, limit: int) -> Sequence[Mail]:
    """Take mails to send."""
    return await counter.take(tx, "EMAIL", limit, render.mail)


@take_due.call
async def send(mail: Mail, postman: Postman) -> Sent | Refused | Postponed:
    """Hand one mail to the mail server."""
    return await counter.hand_over(mail, postman)


@send.settle
async def settle(answers: Batch[Sent | Refused | Postponed], tx: AsyncConnection) -> None:
    """Write down what the mail server said."""
    await line.settle(tx, answers)


@room.every(1)
async def take_due_sms(tx: AsyncConnection, limit: int, settings: Settings) -> Sequence[Sms]:
    """Take texts to send, if there is a gateway for them."""
    return await counter.take(tx, "SMS", limit, render.sms) if settings.sms_url else []


@take_due_sms.call
async def send_sms(sms: Sms, texting: Texting) -> Sent | Refused | Postponed:
    """Hand one text to the SMS gateway."""
    return await counter.hand_over(sms, texting)


@send_sms.settle
async def settle_sms(answers: Batch[Sent | Refused | Postponed], tx: AsyncConnection) -> None:
    """Write down what the SMS gateway said."""
    await line.settle(tx, answers)
