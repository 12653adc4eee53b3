"""One, then ten, then the rest: and no further when one of the first does not go well."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from uuid import UUID, uuid4

import pytest

from messages.payment import PaymentFailed
from messages.post import failures, outbox, receipts
from messages.post.envelope import Envelope, enclose
from messages.post.failures import Failure
from messages.post.receipts import Receipt
from ops.dead.offices import Offices
from ops.dead.replay import Manner, Replay
from ops.dead.results import Outcome, Result
from tests.support.burying import letter, write
from workers.dead import views
from workers.dead.store import Signed
from workers.runtime.database import Database

QUEUE = "Stock_PaymentFailed"
ADA = Signed(by="ada@desk")
QUICK = Manner(patience=0.5)


@pytest.fixture
async def ids(database: Database) -> list[UUID]:
    return await write(database, *(letter(QUEUE, failed()) for _ in range(30)))


def failed() -> Envelope:
    return enclose(PaymentFailed(order_id=uuid4(), reason="declined"), said_by="payment")


async def handle(database: Database, sent: Envelope) -> None:
    async with database.transaction() as tx:
        await receipts.record(tx, QUEUE, [Receipt(message=sent)])


async def fail(database: Database, sent: Envelope) -> None:
    again = Failure(
        subject=sent.subject,
        consumer=QUEUE,
        message_id=sent.message_id,
        type=sent.type,
        attempt=1,
        error="ValueError: again",
        rung="retry.1s",
    )
    async with database.transaction() as tx:
        await failures.record(tx, [again])


async def die(database: Database, sent: Envelope) -> None:
    await write(database, letter(QUEUE, sent))


Fate = Callable[[Database, Envelope], object]


@asynccontextmanager
async def working(database: Database, fate: Callable[[int], Fate]) -> AsyncIterator[list[Envelope]]:
    """Take what is sent, and let each message, by its number, meet its fate."""
    seen: list[Envelope] = []

    async def work() -> None:
        while True:
            async with database.transaction() as tx:
                leased = await outbox.lease(tx, limit=100, seconds=60)
                await outbox.delete(tx, list(leased))
            for each in leased.values():
                assert isinstance(each, Envelope)
                seen.append(each)
                met = fate(len(seen))(database, each)
                if asyncio.iscoroutine(met):
                    await met
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    try:
        yield seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def outcomes(results: Sequence[Result]) -> Counter[Outcome]:
    return Counter(each.outcome for each in results)


async def test_what_goes_well_goes_on_to_the_end(database: Database, offices: Offices, ids: list[UUID]) -> None:
    stages: list[int] = []
    async with working(database, lambda _: handle) as seen:
        results = await Replay(offices, ADA, Manner(waits=True), lambda stage: stages.append(len(stage))).run(ids)
    assert outcomes(results) == {Outcome.HANDLED: 30}
    assert stages == [1, 10, 19]
    assert [each.id for each in results] == ids, "the oldest first"
    assert len(seen) == 30


@pytest.mark.parametrize(("first_bad", "sent"), [(1, 1), (7, 11)])
@pytest.mark.parametrize("how", [fail, die])
async def test_the_rest_is_kept_when_one_fails_again(  # noqa: PLR0917 - fixtures and parameters
    database: Database, offices: Offices, ids: list[UUID], first_bad: int, sent: int, how: Fate
) -> None:
    async with working(database, lambda number: how if number == first_bad else handle) as seen:
        results = await Replay(offices, ADA, Manner()).run(ids)
    assert outcomes(results)[Outcome.FAILED_AGAIN] == 1
    assert outcomes(results)[Outcome.KEPT] == 30 - sent
    assert len(seen) == sent


async def test_the_rest_is_kept_when_nobody_handles_the_first_in_time(offices: Offices, ids: list[UUID]) -> None:
    results = await Replay(offices, ADA, QUICK).run(ids)
    assert outcomes(results) == {Outcome.NOT_HANDLED_YET: 1, Outcome.KEPT: 29}


async def test_what_was_handled_before_is_well_when_it_causes_no_trouble(database: Database, offices: Offices) -> None:
    old = failed()
    await handle(database, old)
    ids = await write(database, letter(QUEUE, old), letter(QUEUE, failed()))
    async with working(database, lambda number: handle if number > 1 else lambda *_: None):
        results = await Replay(offices, ADA, Manner()).run(ids)
    assert outcomes(results) == {Outcome.HANDLED: 1, Outcome.REPLAYED: 1}


async def test_a_failure_of_long_ago_is_none_of_now(database: Database, offices: Offices) -> None:
    sent = [failed() for _ in range(3)]
    for each in sent:
        await fail(database, each)
    ids = await write(database, *(letter(QUEUE, each) for each in sent))
    async with working(database, lambda _: handle):
        results = await Replay(offices, ADA, Manner(waits=True)).run(ids)
    assert outcomes(results) == {Outcome.HANDLED: 3}


async def test_what_cannot_be_sent_is_no_canary(database: Database, offices: Offices) -> None:
    broken = [letter(QUEUE, body=b"{") for _ in range(2)]
    ids = await write(database, *broken, *(letter(QUEUE, failed()) for _ in range(2)))
    async with working(database, lambda _: handle) as seen:
        results = await Replay(offices, ADA, Manner(waits=True)).run(ids)
    assert outcomes(results) == {Outcome.REFUSED: 2, Outcome.HANDLED: 2}
    assert len(seen) == 2


async def test_a_letter_that_died_again_can_be_replayed_again(database: Database, offices: Offices) -> None:
    sent = failed()
    [first] = await write(database, letter(QUEUE, sent))
    async with working(database, lambda _: die):
        results = await Replay(offices, ADA, Manner(waits=True)).run([first])
    assert outcomes(results) == {Outcome.FAILED_AGAIN: 1}
    async with offices.operations() as tx:
        [second] = await views.chosen(tx, queue=QUEUE)
    assert second != first
    async with working(database, lambda _: handle):
        results = await Replay(offices, ADA, Manner(waits=True)).run([second])
    assert outcomes(results) == {Outcome.HANDLED: 1}


async def test_the_rate_is_kept(database: Database, offices: Offices, ids: list[UUID]) -> None:
    begun = monotonic()
    await Replay(offices, ADA, Manner(canary=False, rate=20)).run(ids)
    assert 0.4 < monotonic() - begun < 5


async def test_without_a_canary_all_go_at_once(database: Database, offices: Offices, ids: list[UUID]) -> None:
    results = await Replay(offices, ADA, Manner(canary=False)).run([*ids, ids[0]])
    assert outcomes(results) == {Outcome.REPLAYED: 30}
