import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Customer, Line, OrderMessage
from messages.order import OrderCreated, OrderFailed
from messages.payment import PaymentCompleted
from messages.shipping import OrderDelivered, OrderShipped
from workers.notification import views
from workers.notification.handlers import room
from workers.notification.postman import Postman
from workers.notification.rules import Mail
from workers.notification.views import Notification
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

TIMER = room.timers["take_due"]
_TIME_PASSES = text("UPDATE notification.notification SET due_at = now() WHERE status = 'PENDING'")
_IS_DUE = text("SELECT count(*) FROM notification.notification WHERE status = 'PENDING' AND due_at <= now()")
_SPOIL = text("UPDATE notification.notification SET detail = '{}' WHERE template = 'payment_confirmation'")


def created(order: UUID, address: str = "zoe@example.com", name: str = "Zoë Ångström") -> OrderCreated:
    return OrderCreated(
        order_id=order,
        customer=Customer(user_id=uuid7(), name=name, email=address),
        lines=(Line(product_id=uuid7(), name="Kännchen", quantity=2, unit_price=500),),
        total=1000,
        currency="EUR",
        payment_method="tok_ok",
    )


def journey(order: UUID) -> list[OrderMessage]:
    return [
        created(order),
        PaymentCompleted(order_id=order, payment_id=uuid7(), amount=1000, currency="EUR"),
        OrderShipped(order_id=order, shipment_id=uuid7(), tracking_number="OF1"),
        OrderDelivered(order_id=order, shipment_id=uuid7()),
    ]


class Notifying:
    """The room's handlers and its timer, each step in a transaction of its own."""

    def __init__(self, database: Database, settings: Settings, postman: Postman) -> None:
        self.database, self.settings, self.postman = database, settings, postman
        assert TIMER.steps
        self.steps = TIMER.steps

    async def hear(self, *messages: OrderMessage) -> None:
        work = room.handlers[f"Notification_{type(messages[0]).__name__}"].work
        async with self.database.transaction() as tx:
            assert await work(Batch(messages), tx, self.settings) is None

    async def take(self, limit: int = 100) -> Sequence[Mail]:
        async with self.database.transaction() as tx:
            mails: Sequence[Mail] = await TIMER.work(tx, limit, self.settings)
        return mails

    async def send(self, mails: Sequence[Mail]) -> None:
        outcomes = await asyncio.gather(*(self.steps.call(mail, self.postman) for mail in mails))
        async with self.database.transaction() as tx:
            await self.steps.settle(Batch(outcomes), tx, self.settings)

    async def tick(self) -> int:
        mails = await self.take()
        await self.send(mails)
        return len(mails)

    async def execute(self, statement: Any) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(statement)

    async def count(self, statement: Any) -> int:
        async with self.database.transaction() as tx:
            counted: int = (await tx.execute(statement)).scalar_one()
        return counted

    async def all(self) -> list[Notification]:
        async with self.database.transaction() as tx:
            return await views.page(tx, limit=200)


@pytest.fixture
def notifying(database: Database, settings: Settings, postman: Postman) -> Notifying:
    return Notifying(database, settings, postman)


async def test_each_mail_arrives_once_with_text_html_and_names_as_written(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    for message in journey(order) * 2:
        await notifying.hear(message)
    assert await notifying.tick() == 4
    assert await notifying.tick() == 0
    assert len(mailbox.mails) == 4
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 4
    [confirmation] = [mail for mail in mailbox.mails if "order_confirmation" in mail["Message-ID"]]
    assert confirmation["To"] == "Zoë Ångström <zoe@example.com>"
    assert confirmation["Subject"] == "We have your order"
    for kind in ("plain", "html"):
        part = confirmation.get_body((kind,)).get_content()
        assert "Hello Zoë Ångström," in part
        assert "Kännchen" in part
        assert "10.00 EUR" in part
    assert {(n.status, n.attempts, n.sent_at is not None) for n in await notifying.all()} == {("SENT", 1, True)}


async def test_what_is_sent_can_be_read(notifying: Notifying) -> None:
    order = uuid7()
    message = created(order)
    await notifying.hear(message)
    [before] = await notifying.all()
    assert (before.status, before.subject, before.recipient) == ("PENDING", None, "zoe@example.com")
    await notifying.tick()
    [after] = await notifying.all()
    assert (after.subject, after.user_id) == ("We have your order", message.customer.user_id)
    assert "Kännchen" in (after.body or "")
    assert set(msgspec.to_builtins(after)) == {
        "id",
        "orderId",
        "userId",
        "template",
        "channel",
        "recipient",
        "subject",
        "body",
        "status",
        "attempts",
        "createdAt",
        "sentAt",
    }
    async with notifying.database.transaction() as tx:
        assert await views.get(tx, after.id) == after
        assert await views.get(tx, order) is None
        assert await views.page(tx, limit=5, order_id=order, user_id=message.customer.user_id) == [after]
        assert await views.page(tx, limit=5, user_id=uuid7()) == []
        assert await views.page(tx, limit=5, before=after.id) == []
        told = await views.timeline(tx, order)
    assert [entry.kind for entry in told] == ["notification.recorded", "notification.sent"]


async def test_what_comes_before_its_order_waits_for_it(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    for message in journey(order)[:0:-1]:
        await notifying.hear(message)
    assert await notifying.tick() == 0
    assert {(n.status, n.recipient, n.attempts) for n in await notifying.all()} == {("PENDING", None, 0)}
    assert await notifying.count(_IS_DUE) == 0, "what waits is set aside, and not looked at with every tick"
    await notifying.hear(created(order))
    assert await notifying.tick() == 4, "hearing of the order wakes what waited"
    assert len(mailbox.mails) == 4


async def test_a_message_that_races_with_its_order_finds_its_recipient(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    early = room.handlers["Notification_OrderFailed"].work
    async with notifying.database.transaction() as tx:
        await early(Batch([OrderFailed(order_id=order, reason="out_of_stock")]), tx, notifying.settings)
        await notifying.hear(created(order))
    assert await notifying.tick() == 2
    [failed] = [mail for mail in mailbox.mails if "order_failed" in mail["Message-ID"]]
    assert "out of stock" in failed.get_body(("plain",)).get_content()


@pytest.mark.parametrize("step", [0, 1], ids=["created", "paid"])
async def test_overlapping_sets_are_recorded_once_without_deadlock(notifying: Notifying, step: int) -> None:
    messages = [journey(uuid7())[step] for _ in range(150)]
    await asyncio.gather(*(notifying.hear(*(messages if n % 2 else messages[::-1])) for n in range(8)))
    assert len(await notifying.all()) == 150


async def test_workers_share_what_is_due(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(*(created(uuid7()) for _ in range(60)))
    bites = await asyncio.gather(*(notifying.take(20) for _ in range(4)))
    ids = [mail.subject for bite in bites for mail in bite]
    assert len(ids) == len(set(ids))
    await asyncio.gather(*(notifying.send(bite) for bite in bites if bite))
    while await notifying.tick():
        pass
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == len(mailbox.mails) == 60


async def test_a_server_that_is_down_delays_mails(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()), created(uuid7()))
    mailbox.close()
    mails = await notifying.take()
    with pytest.raises(Outage):
        await notifying.steps.call(mails[0], notifying.postman)
    assert not await notifying.postman.probe()
    assert {n.status for n in await notifying.all()} == {"PENDING"}
    assert await notifying.take() == [], "they are leased"
    mailbox.open()
    assert await notifying.postman.probe()
    await notifying.execute(_TIME_PASSES)
    assert await notifying.tick() == 2
    assert {(n.status, n.attempts) for n in await notifying.all()} == {("SENT", 2)}
    assert len(mailbox.mails) == 2


async def test_a_server_that_restarts_between_mails_is_found_again(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    await notifying.tick()
    mailbox.close()
    mailbox.open()
    await notifying.hear(created(uuid7()))
    await notifying.tick()
    await notifying.execute(_TIME_PASSES)
    await notifying.tick()
    assert len(mailbox.mails) == 2


async def test_a_refusal_is_final_and_a_postponement_is_not(notifying: Notifying, mailbox: Any) -> None:
    gone, full, well = ("gone@example.com", "full@example.com", "well@example.com")
    mailbox.answers = {gone: "550 no such user", full: "452 mailbox full"}
    await notifying.hear(*(created(uuid7(), address) for address in (gone, full, well, "no address")))
    assert await notifying.tick() == 4
    seen = {n.recipient: n.status for n in await notifying.all()}
    assert seen == {gone: "FAILED", full: "PENDING", well: "SENT", "no address": "FAILED"}
    mailbox.answers = {}
    assert await notifying.tick() == 0, "a postponed mail waits"
    await notifying.execute(_TIME_PASSES)
    assert await notifying.tick() == 1
    assert {n.recipient: n.status for n in await notifying.all()} == {**seen, full: "SENT"}


async def test_a_mail_repeated_after_a_crash_is_told_by_its_id(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    [mail] = await notifying.take()
    await notifying.steps.call(mail, notifying.postman)
    await notifying.execute(_TIME_PASSES)
    await notifying.tick()
    assert len(mailbox.mails) == 2
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


async def test_a_mail_whose_lease_is_over_is_left_to_the_next(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    [mail] = await notifying.take()
    with pytest.raises(Exception, match="waited too long"):
        await notifying.steps.call(msgspec.structs.replace(mail, leave_by=time.monotonic() - 1), notifying.postman)
    assert mailbox.mails == []


async def test_a_notification_that_cannot_be_written_holds_up_no_other(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    for message in journey(order):
        await notifying.hear(message)
    await notifying.execute(_SPOIL)
    assert await notifying.tick() == 3
    assert sorted(n.status for n in await notifying.all()) == ["FAILED", "SENT", "SENT", "SENT"]
    assert len(mailbox.mails) == 3


async def test_connections_are_kept_for_many_mails(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(*(created(uuid7()) for _ in range(50)))
    assert await notifying.tick() == 50
    assert len(mailbox.mails) == 50
    assert mailbox.connections <= 4
