"""Texts by an SMS gateway: to whom, once, and without being in the way of any mail."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from tests.support.notifying import MAILS, TEXTS, TIME_PASSES, Notifying, created, delivered, journey, shipped
from tests.support.texting import Gateway, Reply
from workers.notification import texters
from workers.notification.postman import Postman
from workers.notification.texter import Texter
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

PHONE, DIALLED = "+49 (30) 1234567", "+49301234567"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway.open() as gateway:
        yield gateway


@pytest.fixture
async def texting(database: Database, settings: Settings, gateway: Gateway) -> AsyncIterator[Notifying]:
    """The room with a gateway for texts; its clock is that of the texts."""
    given = replace(settings, sms_url=gateway.url, sms_from="+15550001")
    async with Texter.open(given) as texter:
        yield Notifying(database, given, texter, TEXTS)


@pytest.fixture
def mailing(texting: Notifying, postman: Postman) -> Notifying:
    """The same room, with the clock of the mails."""
    return Notifying(texting.database, texting.settings, postman, MAILS)


async def told(room: Notifying) -> set[tuple[str, str, str]]:
    return {(n.template, n.channel, n.status) for n in await room.all()}


async def test_who_has_a_telephone_is_told_of_the_parcel_once(texting: Notifying, gateway: Gateway) -> None:
    order = uuid7()
    for message in [created(order, phone=PHONE), *journey(order)[1:]] * 2:
        await texting.hear(message)
    assert await texting.tick() == 2
    assert await texting.tick() == 0
    assert sorted(text["Body"] for text in gateway.texts) == [
        f"Your order has been delivered. We hope you like it. Order {order}",
        f"Your order is on its way. Its tracking number is OF1. Order {order}",
    ]
    assert {(text["From"], text["To"]) for text in gateway.texts} == {("+15550001", DIALLED)}
    assert set(gateway.paths) == {"POST /2010-04-01/Accounts/AC0123/Messages.json"}
    texts = [n for n in await texting.all() if n.channel == "SMS"]
    assert {(n.template, n.status, n.recipient, n.subject, n.attempts) for n in texts} == {
        ("order_shipped", "SENT", DIALLED, None, 1),
        ("order_delivered", "SENT", DIALLED, None, 1),
    }
    sent = [entry.detail for entry in await texting.told(order) if entry.kind == "notification.sent"]
    assert {each["reference"] for each in sent} == {"SM1", "SM2"}


async def test_who_has_none_is_told_by_mail_alone(texting: Notifying, gateway: Gateway) -> None:
    for message in journey(uuid7()):
        await texting.hear(message)
    assert await texting.tick() == 0
    assert {n.channel for n in await texting.all()} == {"EMAIL"}


async def test_without_a_gateway_no_text_is_written_down(database: Database, settings: Settings) -> None:
    async with texters.opened(settings) as nobody:
        room = Notifying(database, settings, nobody, TEXTS)
        order = uuid7()
        await room.hear(created(order, phone=PHONE))
        await room.hear(shipped(order))
        assert await room.take() == []
        assert {n.channel for n in await room.all()} == {"EMAIL"}
        assert await nobody.probe()


async def test_what_overtakes_its_order_waits_for_the_number(texting: Notifying, gateway: Gateway) -> None:
    with_phone, without = uuid7(), uuid7()
    await texting.hear(shipped(with_phone), shipped(without))
    assert await texting.tick() == 0
    await texting.hear(created(with_phone, phone=PHONE), created(without))
    assert await texting.tick() == 1
    texts = [(n.order_id, n.status) for n in await texting.all() if n.channel == "SMS"]
    assert texts == [(with_phone, "SENT")], "and where there is no telephone, no text was ever wanted"


async def test_a_gateway_that_is_down_delays_texts_and_nothing_else(
    texting: Notifying, mailing: Notifying, gateway: Gateway, mailbox: Any
) -> None:
    order = uuid7()
    await texting.hear(created(order, phone=PHONE))
    await texting.hear(shipped(order))
    await gateway.stop()
    [sms] = await texting.take()
    with pytest.raises(Outage, match="cannot be reached"):
        await texting.steps.call(sms, texting.outside)
    assert not await texting.outside.probe()
    assert await mailing.tick() == 2
    assert len(mailbox.mails) == 2
    assert ("order_shipped", "SMS", "PENDING") in await told(texting)
    await gateway.start()
    assert await texting.outside.probe()
    await texting.execute(TIME_PASSES)
    assert await texting.tick() == 1
    assert [text["To"] for text in gateway.texts] == [DIALLED]


async def test_a_mail_server_that_is_down_delays_no_text(
    texting: Notifying, mailing: Notifying, gateway: Gateway, mailbox: Any
) -> None:
    order = uuid7()
    await texting.hear(created(order, phone=PHONE))
    await texting.hear(delivered(order))
    mailbox.close()
    mails = await mailing.take()
    with pytest.raises(Outage):
        await mailing.steps.call(mails[0], mailing.outside)
    assert await texting.tick() == 1
    assert len(gateway.texts) == 1


async def test_refusals_are_final_and_everything_else_is_tried_again(texting: Notifying, gateway: Gateway) -> None:
    gateway.answers = {
        "+1": Reply(400, 21211, "The 'To' number is not valid."),
        "+2": Reply(429, 20429, "Too many requests", headers=("Retry-After: 90",)),
        "+3": Reply(503, body="<html>oops</html>"),
        "+4": Reply(404, 20404, "The requested resource was not found"),
    }
    orders = {number: uuid7() for number in ("+1", "+2", "+3", "+4", "+5")}
    await texting.hear(*(created(order, phone=f"{number} ()") for number, order in orders.items()))
    await texting.hear(*(shipped(order) for order in orders.values()))
    assert await texting.tick() == 5
    texts = {n.recipient: n.status for n in await texting.all() if n.channel == "SMS"}
    assert texts == {"+1": "FAILED", "+2": "PENDING", "+3": "PENDING", "+4": "PENDING", "+5": "SENT"}
    errors = {number: (await texting.told(order))[-1].detail.get("error") for number, order in orders.items()}
    assert errors == {
        "+1": "400 21211 The 'To' number is not valid.",
        "+2": "429 20429 Too many requests",
        "+3": "503 as wanted",
        "+4": "404 20404 The requested resource was not found",
        "+5": None,
    }
    gateway.answers = {}
    await texting.try_for(0.1)
    assert await texting.tick() == 3
    assert {n.status for n in await texting.all() if n.channel == "SMS"} == {"SENT", "FAILED"}


async def test_a_number_that_cannot_be_dialled_holds_up_no_other(texting: Notifying, gateway: Gateway) -> None:
    bad, good = uuid7(), uuid7()
    await texting.hear(created(bad, phone="none"), created(good, phone=PHONE))
    await texting.hear(shipped(bad), shipped(good))
    assert await texting.tick() == 1
    assert {(n.order_id, n.status) for n in await texting.all() if n.channel == "SMS"} == {
        (bad, "FAILED"),
        (good, "SENT"),
    }
    [*_, failed] = await texting.told(bad)
    assert failed.detail["error"] == "cannot be written: 'none' is no telephone number"
