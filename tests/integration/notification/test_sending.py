import asyncio
import time
from typing import Any

import msgspec
import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentCompleted
from messages.stock import Shortage
from tests.support.notifying import TIME_PASSES, Notifying, created, journey
from workers.runtime.verdict import Outage


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


async def test_what_was_left_out_of_an_order_stands_in_the_mail_about_its_payment(
    notifying: Notifying, mailbox: Any
) -> None:
    order = uuid7()
    short = (Shortage(product_id=uuid7(), wanted=2, available=1, name="Kännchen"),)
    paid = PaymentCompleted(order_id=order, payment_id=uuid7(), amount=400, currency="EUR", short=short)
    await notifying.hear(created(order))
    await notifying.hear(paid)
    assert await notifying.tick() == 2
    [payment] = [mail for mail in mailbox.mails if "payment_confirmation" in mail["Message-ID"]]
    assert "you do not pay for it:\r\n\r\n  2 x Kännchen\r\n" in payment.get_body(("plain",)).get_content()
    assert "<li>2 &times; Kännchen</li>" in payment.get_body(("html",)).get_content()


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
        await notifying.steps.call(mails[0], notifying.outside)
    assert not await notifying.outside.probe()
    assert {n.status for n in await notifying.all()} == {"PENDING"}
    assert await notifying.take() == [], "they are leased"
    mailbox.open()
    assert await notifying.outside.probe()
    await notifying.execute(TIME_PASSES)
    assert await notifying.tick() == 2
    assert {(n.status, n.attempts) for n in await notifying.all()} == {("SENT", 1)}, (
        "what never reached a server was no attempt"
    )
    assert len(mailbox.mails) == 2


async def test_a_server_that_restarts_between_mails_is_found_again(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    await notifying.tick()
    mailbox.close()
    mailbox.open()
    await notifying.hear(created(uuid7()))
    await notifying.tick()
    await notifying.execute(TIME_PASSES)
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
    await notifying.execute(TIME_PASSES)
    assert await notifying.tick() == 1
    assert {n.recipient: n.status for n in await notifying.all()} == {**seen, full: "SENT"}


async def test_a_mail_repeated_after_a_crash_is_told_by_its_id(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    [mail] = await notifying.take()
    await notifying.steps.call(mail, notifying.outside)
    await notifying.execute(TIME_PASSES)
    await notifying.tick()
    assert len(mailbox.mails) == 2
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


async def test_a_mail_whose_lease_is_over_is_left_to_the_next(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    [mail] = await notifying.take()
    with pytest.raises(Exception, match="waited too long"):
        await notifying.steps.call(msgspec.structs.replace(mail, leave_by=time.monotonic() - 1), notifying.outside)
    assert mailbox.mails == []


async def test_connections_are_kept_for_many_mails(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(*(created(uuid7()) for _ in range(50)))
    assert await notifying.tick() == 50
    assert len(mailbox.mails) == 50
    assert mailbox.connections <= 4
