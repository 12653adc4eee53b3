import asyncio
from typing import Any

import msgspec
import pytest
from uuid_utils.compat import uuid7

from messages.order import OrderFailed
from tests.support.notifying import BLOCKED, IS_DUE, SPOIL, Notifying, created, journey
from tests.support.waiting import eventually
from workers.notification import views
from workers.notification.handlers import room
from workers.runtime.batch import Batch


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
    assert await notifying.count(IS_DUE) == 0, "what waits is set aside, and not looked at with every tick"
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


async def test_sets_are_written_in_one_order_however_they_came(notifying: Notifying) -> None:
    low, high = (journey(order)[1] for order in sorted([uuid7(), uuid7()]))
    async with notifying.database.transaction() as tx:
        await room.handlers["Notification_PaymentCompleted"].work(Batch([high]), tx, notifying.settings)
        both = asyncio.create_task(notifying.hear(high, low))
        await eventually(lambda: notifying.count(BLOCKED), seconds=5)
        last = asyncio.create_task(notifying.hear(low))
        await eventually(lambda: notifying.are_blocked(2), what="low, written before high", seconds=5)
    await asyncio.gather(both, last)


async def test_a_notification_that_cannot_be_written_holds_up_no_other(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    for message in journey(order):
        await notifying.hear(message)
    await notifying.execute(SPOIL)
    assert await notifying.tick() == 3
    assert sorted(n.status for n in await notifying.all()) == ["FAILED", "SENT", "SENT", "SENT"]
    assert len(mailbox.mails) == 3
