"""Letters are sent once, as a first attempt, to the one queue they came from; whoever did it is written down."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from messages.order import OrderFailed
from messages.payment import PaymentFailed
from messages.post import outbox
from messages.post.envelope import Envelope, enclose
from ops.dead.addressing import Unsendable
from ops.dead.desk import Desk
from ops.dead.offices import Offices
from ops.dead.results import Outcome, Would
from ops.dead.trial import Trial
from tests.support.burying import letter, write
from workers.dead import views
from workers.dead.store import Signed
from workers.runtime.database import Database

ADA = Signed(by="ada@desk", why="the data is mended")
QUEUE = "Stock_PaymentFailed"


def failed() -> Envelope:
    cause = enclose(OrderFailed(order_id=uuid4(), reason="x"), said_by="gateway", traceparent="00-ab-cd-01")
    return enclose(PaymentFailed(order_id=cause.subject, reason="declined"), said_by="payment", cause=cause)


async def waiting(database: Database) -> list[Envelope]:
    async with database.transaction() as tx:
        return [each for each in (await outbox.lease(tx, limit=100, seconds=0)).values() if isinstance(each, Envelope)]


async def test_a_letter_goes_to_its_queue_as_a_first_attempt(database: Database, offices: Offices) -> None:
    sent = failed()
    [id_] = await write(database, letter(QUEUE, sent, attempts=6))
    result = (await Desk(offices).send([id_], ADA)).results
    [again] = await waiting(database)
    assert (again.address, again.attempt) == (QUEUE, 1)
    assert (again.message_id, again.type, again.subject, again.body) == (
        sent.message_id,
        sent.type,
        sent.subject,
        sent.body,
    )
    assert (again.causation_id, again.traceparent, again.said_by) == (sent.causation_id, sent.traceparent, "payment")
    assert [(each.outcome, each.order_id) for each in result] == [(Outcome.REPLAYED, sent.subject)]
    async with database.transaction() as tx:
        found = await views.get(tx, id_)
        [action] = (await views.actions(tx, [id_]))[id_]
    assert found is not None
    assert found.status == "replayed"
    assert (action.kind, action.by, action.why) == ("replay", ADA.by, ADA.why)


async def test_two_operators_at_once_send_a_letter_once(database: Database, offices: Offices) -> None:
    ids = await write(database, *(letter(QUEUE, failed()) for _ in range(20)))
    sent = await asyncio.gather(*(Desk(offices).send(order, ADA) for order in (ids, ids[::-1], ids, ids[::-1])))
    outcomes = Counter(each.outcome for one in sent for each in one.results)
    assert outcomes == {Outcome.REPLAYED: 20, Outcome.NOT_DEAD: 60}
    assert len(await waiting(database)) == 20


async def test_of_a_replay_and_a_drop_at_once_one_counts(database: Database, offices: Offices) -> None:
    [id_] = await write(database, letter(QUEUE, failed()))
    desk = Desk(offices)
    sent, dropped = await asyncio.gather(desk.send([id_], ADA), desk.drop([id_], ADA))
    outcomes = {sent.results[0].outcome, dropped[0].outcome}
    assert outcomes in ({Outcome.REPLAYED, Outcome.NOT_DEAD}, {Outcome.DROPPED, Outcome.NOT_DEAD})
    assert len(await waiting(database)) == (Outcome.REPLAYED in outcomes)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 5000, b'{"a": "\\u0000"}', b""])
async def test_what_is_not_json_must_be_edited_first(database: Database, offices: Offices, body: bytes) -> None:
    sound = failed()
    bad, good = await write(database, letter(QUEUE, body=body), letter(QUEUE, sound))
    refused, replayed = (await Desk(offices).send([bad, good], ADA)).results
    assert (refused.outcome, replayed.outcome) == (Outcome.REFUSED, Outcome.REPLAYED)
    assert refused.detail is not None
    assert refused.detail.endswith("edit it first")
    with pytest.raises(Unsendable):
        await Desk(offices).edit(bad, body, ADA)
    assert await Desk(offices).edit(bad, bytes(sound.body), ADA)
    [mended] = (await Desk(offices).send([bad], ADA)).results
    assert (mended.outcome, mended.order_id) == (Outcome.REPLAYED, sound.subject)


async def test_what_the_properties_did_not_say_is_read_in_the_body(database: Database, offices: Offices) -> None:
    sound = failed()
    nameless = letter(QUEUE, sound, message_id=None, type=None, subject=None, sent_at=None)
    await Desk(offices).send(await write(database, nameless), ADA)
    [again] = await waiting(database)
    assert (again.type, again.subject) == ("payment.failed", sound.subject)
    assert again.message_id != sound.message_id


async def test_what_says_nowhere_what_it_is_about_is_refused(database: Database, offices: Offices) -> None:
    unread, nobodys = await write(
        database, letter(QUEUE, body=b"{}", subject=None), letter("Gone_Ping", failed(), subject=None)
    )
    results = (await Desk(offices).send([unread, nobodys], ADA)).results
    assert [each.outcome for each in results] == [Outcome.REFUSED] * 2
    assert results[0].detail == f"it does not say what it is about, and its body is nothing that {QUEUE} can read"


async def test_an_edited_body_says_which_order_it_is_about(database: Database, offices: Offices) -> None:
    right = failed()
    [id_] = await write(database, letter(QUEUE, right, subject=uuid7()))
    await Desk(offices).edit(id_, bytes(right.body), ADA)
    await Desk(offices).send([id_], ADA)
    assert [each.subject for each in await waiting(database)] == [right.subject]


async def test_a_note_wants_a_letter(database: Database, offices: Offices) -> None:
    [id_] = await write(database, letter())
    assert await Desk(offices).note(id_, ADA)
    assert not await Desk(offices).note(uuid7(), ADA)


@pytest.mark.parametrize(("since", "what", "days"), [("last_failed_at", "died", 14), ("sent_at", "was sent", 30)])
async def test_what_is_older_than_receipts_is_not_sent(
    database: Database, offices: Offices, since: str, what: str, days: float
) -> None:
    old = datetime.now(UTC) - timedelta(days=days, seconds=1)
    young = old + timedelta(minutes=1)
    ids = await write(database, *(letter(QUEUE, failed(), **{since: at}) for at in (old, young)))
    refused, sent = (await Desk(offices).send(ids, ADA)).results
    assert (refused.outcome, refused.detail) == (
        Outcome.REFUSED,
        f"it {what} more than {days} days ago: whether it was handled is no longer known",
    )
    assert sent.outcome == Outcome.REPLAYED
    async with database.transaction() as tx:
        tried = await Trial(offices).forecast(await views.letters(tx, ids[:1]))
    assert [each.would for each in tried] == [Would.REFUSE]
