"""A worker that froze until its lease was over settles what another has sent meanwhile: its answer comes too late."""

from typing import Any

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from tests.support.blocking import held_up
from tests.support.notifying import TIME_PASSES, Notifying, created
from workers.notification import line
from workers.notification.errands import Answer, Mail, Postponed, Refused, Sent

_ATTEMPTS = text("SELECT number, outcome FROM notification.attempt ORDER BY number")


async def taken_twice(notifying: Notifying) -> Mail:
    """Let two workers take one mail, the second after the lease of the first."""
    await notifying.hear(created(uuid7()))
    for _ in range(2):
        [mail] = await notifying.take()
        await notifying.execute(TIME_PASSES)
    assert isinstance(mail, Mail)
    return mail


async def settle(notifying: Notifying, answer: Answer) -> None:
    async with notifying.database.transaction() as tx:
        await line.settle(tx, [answer])


def answers(mail: Mail) -> list[Any]:
    return [
        Postponed(subject=mail.subject, reason="451 try again", seconds=60),
        Refused(subject=mail.subject, reason="550 no such user"),
        Sent(subject=mail.subject, reference="sent twice"),
    ]


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("at_once", [False, True])
async def test_what_is_sent_stays_sent(notifying: Notifying, which: int, *, at_once: bool) -> None:
    mail = await taken_twice(notifying)
    late = answers(mail)[which]
    async with notifying.database.transaction() as tx:
        await line.settle(tx, [Sent(subject=mail.subject, reference="taken")])
        waiting = await held_up(notifying.database, settle(notifying, late)) if at_once else None
    await (waiting or settle(notifying, late))
    [notification] = await notifying.all()
    assert (notification.status, notification.attempts) == ("SENT", 1)
    async with notifying.database.transaction() as tx:
        assert (await tx.execute(_ATTEMPTS)).all() == [(1, "SENT")]
    await notifying.execute(TIME_PASSES)
    assert await notifying.take() == [], "it would be sent once more"
