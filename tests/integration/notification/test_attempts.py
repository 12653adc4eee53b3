"""Every attempt is kept, nothing is tried for ever, and what was sent can be sent once more."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from tests.support.notifying import IS_DUE, TIME_PASSES, Notifying, created

ZOE = "zoe@example.com"
COUNT = text("SELECT count(*) FROM notification.attempt")


async def test_every_attempt_stands_in_the_timeline(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    await notifying.hear(created(order))
    for refusal in ("451 try again", "452 mailbox full", None):
        mailbox.answers = {ZOE: refusal} if refusal else {}
        await notifying.tick()
        await notifying.execute(TIME_PASSES)
    recorded, *tried = [
        (entry.kind.removeprefix("notification."), entry.detail) for entry in await notifying.told(order)
    ]
    what = {"template": "order_confirmation", "channel": "EMAIL"}
    assert recorded == ("recorded", what)
    assert [(kind, detail["attempt"]) for kind, detail in tried] == [("postponed", 1), ("postponed", 2), ("sent", 3)]
    assert ["451" in tried[0][1]["error"], "452" in tried[1][1]["error"]] == [True, True]
    assert tried[2][1] == {**what, "attempt": 3, "reference": "taken"}
    [notification] = await notifying.all()
    assert (notification.status, notification.attempts) == ("SENT", 3)


async def test_what_is_put_off_for_three_days_has_failed_and_says_why(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    mailbox.answers = {ZOE: "451 try again"}
    await notifying.hear(created(order))
    await notifying.tick()
    assert await notifying.pauses() == [2]
    for hours, pause in ((0.5, 1800), (71.9, 3600)):
        await notifying.try_for(hours)
        assert await notifying.tick() == 1
        assert await notifying.pauses() == [pause]
    await notifying.try_for(72)
    assert await notifying.tick() == 1
    [notification] = await notifying.all()
    assert (notification.status, notification.attempts, notification.sent_at) == ("FAILED", 4, None)
    [*_, failed] = await notifying.told(order)
    assert failed.kind == "notification.failed"
    assert failed.detail["error"].startswith("given up after 72 hours: ")
    assert "451" in failed.detail["error"]
    await notifying.execute(TIME_PASSES)
    assert await notifying.tick() == 0


async def test_a_server_that_was_away_for_a_week_gives_no_mail_up(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    await notifying.execute(
        text("UPDATE notification.notification SET created_at = created_at - interval '7 days', due_at = now()")
    )
    mailbox.answers = {ZOE: "451 greylisted"}
    await notifying.tick()
    assert [n.status for n in await notifying.all()] == ["PENDING"], "the first attempt is what counts"


async def test_a_sender_that_is_refused_is_no_mail_s_fault(notifying: Notifying, mailbox: Any) -> None:
    mailbox.sender = "550 who are you"
    await notifying.hear(created(uuid7()))
    await notifying.tick()
    assert [n.status for n in await notifying.all()] == ["PENDING"]


async def test_what_was_sent_is_sent_once_more_as_another_mail(notifying: Notifying, mailbox: Any) -> None:
    order = uuid7()
    await notifying.hear(created(order))
    await notifying.tick()
    [first] = await notifying.all()
    for _ in range(5):
        await notifying.resend(first.id)
    [pending] = await notifying.all()
    assert (pending.status, pending.attempts, pending.sent_at) == ("PENDING", 1, first.sent_at)
    assert await notifying.tick() == 1
    assert await notifying.tick() == 0
    [second] = await notifying.all()
    assert (second.id, second.status, second.attempts) == (first.id, "SENT", 2)
    assert first.sent_at
    assert second.sent_at
    assert second.sent_at > first.sent_at
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == len(mailbox.mails) == 2
    kinds = [entry.kind.removeprefix("notification.") for entry in await notifying.told(order)]
    assert kinds == ["recorded", "sent", "resend_requested", "sent"]


async def test_what_failed_gets_another_chance_and_as_much_time(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    mailbox.answers = {ZOE: "451 try again"}
    await notifying.tick()
    await notifying.try_for(80)
    await notifying.tick()
    [failed] = await notifying.all()
    assert failed.status == "FAILED"
    await notifying.resend(failed.id)
    await notifying.tick()
    assert await notifying.pauses() == [2]
    mailbox.answers = {}
    await notifying.execute(TIME_PASSES)
    await notifying.tick()
    assert [(n.status, n.attempts) for n in await notifying.all()] == [("SENT", 4)]


async def test_what_waits_is_due_at_once_and_what_is_being_sent_is_left_alone(
    notifying: Notifying, mailbox: Any
) -> None:
    await notifying.hear(created(uuid7()))
    mailbox.answers = {ZOE: "451 try again"}
    await notifying.tick()
    await notifying.try_for(1)
    await notifying.tick()
    mailbox.answers = {}
    [postponed] = await notifying.all()
    assert await notifying.count(IS_DUE) == 0
    await notifying.resend(postponed.id)
    [mail] = await notifying.take()
    for _ in range(3):
        await notifying.resend(postponed.id)
    assert await notifying.take() == [], "somebody is sending it"
    await notifying.send([mail])
    assert [(n.status, n.attempts) for n in await notifying.all()] == [("SENT", 3)]
    assert len(mailbox.mails) == 1
    assert mailbox.mails[0]["Message-ID"].count(".") == 3, "it was never sent, so this is still the first one"


async def test_many_who_click_at_once_get_one_mail(notifying: Notifying, mailbox: Any) -> None:
    await notifying.hear(created(uuid7()))
    await notifying.tick()
    [sent] = await notifying.all()
    await asyncio.gather(*(notifying.resend(sent.id) for _ in range(10)))
    while await notifying.tick():
        pass
    assert len(mailbox.mails) == 2
    assert await notifying.count(COUNT) == 2


@pytest.mark.parametrize("times", [1, 3])
async def test_attempts_are_counted_as_they_are_kept(notifying: Notifying, mailbox: Any, times: int) -> None:
    mailbox.answers = {ZOE: "451 try again"}
    await notifying.hear(created(uuid7()), created(uuid7()))
    for _ in range(times):
        await notifying.tick()
        await notifying.execute(TIME_PASSES)
    assert [n.attempts for n in await notifying.all()] == [times, times]
    assert await notifying.count(COUNT) == 2 * times
