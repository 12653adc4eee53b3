"""What is old is forgotten, in small bites, and nobody waits for it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages.post import failures, receipts
from messages.post.receipts import Expired, Receipt
from ops import growth
from tests.integration.relay.test_carrier import put, relaying
from tests.support.toy import ping
from tests.support.waiting import eventually
from workers.relay import cleaner
from workers.relay.cleaner import Cleaner, Rule
from workers.runtime.database import Database
from workers.runtime.settings import Settings

DAY = timedelta(days=1)
MONTH = 30 * DAY
_OLD = text("""
    INSERT INTO post.receipt (consumer, message_id, subject, at)
    SELECT 'Toy_Ping',
           cast(lpad(to_hex(cast(extract(epoch FROM sent) * 1000 AS bigint)), 12, '0')
                || '7' || substr(md5(cast(n AS text)), 1, 3) || '8' || substr(md5(cast(n AS text)), 4, 15) AS uuid),
           gen_random_uuid(), sent
      FROM (SELECT n, now() - interval '40 days' + n * interval '1 millisecond' AS sent
              FROM generate_series(1, :count) AS n) AS old
""")
_UNGRANTED = text("""
    SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database
     WHERE datname = current_database())
""")


def receipts_rule() -> Rule:
    return Rule("receipts", Expired(), MONTH)


async def insert_old(database: Database, count: int) -> None:
    async with database.transaction() as tx:
        await tx.execute(_OLD, {"count": count})


async def count(database: Database, where: str = "true") -> int:
    async with database.transaction() as tx:
        found: int = (await tx.execute(text(f"SELECT count(*) FROM post.receipt WHERE {where}"))).scalar_one()
    return found


async def test_two_hundred_thousand_receipts_go_while_others_come_and_nobody_waits(
    database: Database, settings: Settings
) -> None:
    await insert_old(database, 200_000)
    cleaning = asyncio.create_task(Cleaner(database, (), every=60).sweep(receipts_rule()))
    written, waits = 0, 0

    async def work() -> None:
        nonlocal written
        while not cleaning.done():
            batch = [Receipt(message=ping()) for _ in range(20)]
            async with database.transaction() as tx:
                await receipts.record(tx, "Toy_Ping", batch)
            written += len(batch)

    async def watch() -> None:
        nonlocal waits
        while not cleaning.done():
            async with database.transaction() as tx:
                waits += (await tx.execute(_UNGRANTED)).scalar_one()
            await asyncio.sleep(0.01)

    await asyncio.gather(work(), work(), watch())
    assert await cleaning == 200_000
    assert written > 0
    assert await count(database) == written
    assert waits == 0


async def test_a_receipt_is_old_when_the_message_and_its_handling_are(database: Database) -> None:
    now, long_ago = datetime.now(UTC), datetime.now(UTC) - MONTH - DAY
    young, old = uuid7(), _id_of(long_ago)
    rows = [(young, now), (_id_of(long_ago, 1), now), (old, long_ago), (_id_of(now - MONTH + DAY), now - MONTH + DAY)]
    async with database.transaction() as tx:
        for message, at in rows:
            await tx.execute(_RECEIPT, {"message": message, "consumer": "Toy_Ping", "at": at})
            await tx.execute(_RECEIPT, {"message": message, "consumer": "Other_Ping", "at": at})
    assert await Cleaner(database, (), every=60).sweep(receipts_rule()) == 2
    async with database.transaction() as tx:
        left = (await tx.execute(text("SELECT DISTINCT message_id FROM post.receipt"))).scalars().all()
    assert set(left) == {message for message, _ in rows} - {old}


async def test_each_bite_goes_on_where_the_one_before_ended_and_a_sweep_begins_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaner, "BITE", 10)
    rule, cleans = receipts_rule(), Cleaner(database, (), every=60)
    await insert_old(database, 95)
    assert await cleans.sweep(rule) == 95
    await insert_old(database, 5)
    assert await cleans.sweep(rule) == 5
    assert await cleans.sweep(rule) == 0


async def test_one_cleans_at_a_time_and_leaves_what_somebody_holds(database: Database) -> None:
    await insert_old(database, 10)
    cleans = Cleaner(database, (), every=60)
    async with database.transaction() as tx:
        await tx.execute(cleaner._LOCK)
        assert await cleans.sweep(receipts_rule()) == 0
    async with database.transaction() as tx:
        await tx.execute(text("SELECT FROM post.receipt ORDER BY message_id LIMIT 1 FOR UPDATE"))
        assert await cleans.sweep(receipts_rule()) == 9
    assert await cleans.sweep(receipts_rule()) == 1


async def test_the_relay_cleans_by_the_rules_of_every_database(database: Database, fleet_settings: Settings) -> None:
    often = msgspec.structs.replace(fleet_settings, cleaning_seconds=0.1)
    await insert_old(database, 50)
    async with database.transaction() as tx:
        for days, status in ((31, "dropped"), (31, "dead"), (29, "replayed")):
            await tx.execute(_LETTER, {"id": uuid7(), "days": days, "status": status})
        for days in (31, 29):
            await tx.execute(_FAILURE, {"days": days})
        for hours in (2, 0):
            await tx.execute(_PROCESS, {"id": uuid7(), "hours": hours})
    async with relaying(often, lambda url: growth.rules(often, url)):

        async def clean() -> bool:
            return await _left(database) == {"receipts": 0, "letters": ["dead", "replayed"], "failures": 1, "silent": 0}

        await eventually(clean, what="a clean database")
        await put(database, 1)


async def test_an_error_puts_cleaning_off_and_ends_nothing(database: Database) -> None:
    seen = asyncio.Event()

    async def fail(*_: object) -> int:
        raise RuntimeError("not today")

    async def note(*_: object) -> int:
        seen.set()
        return 0

    rules = [Rule("first", fail, DAY), Rule("second", note, DAY)]
    running = asyncio.create_task(Cleaner(database, rules, every=0.01).run())
    await asyncio.wait_for(seen.wait(), timeout=10)
    assert not running.done()
    running.cancel()


def test_letters_and_processes_are_cleaned_where_they_are() -> None:
    apart = Settings(database_url="postgresql://a/x", stock_database_url="postgresql://b/y")
    here, there = [
        [rule.what for rule in growth.rules(apart, apart.room_database_url(room))] for room in ("order", "stock")
    ]
    assert there == ["receipts", "keys", "failures"]
    assert set(here) - set(there) == {"letters", "processes"}


async def test_forgetting_failures_and_finding_those_that_wait_need_no_look_at_all_of_them(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            text("""
                INSERT INTO post.failure (subject, consumer, message_id, attempt, error, rung, at)
                SELECT gen_random_uuid(), 'Toy_Ping', gen_random_uuid(), 1, 'no', 'retry.1s', now() - n * interval '1 m'
                  FROM generate_series(1, 20000) AS n
            """)
        )
        await tx.execute(text("ANALYZE post.failure"))
        for statement, values in (
            (failures._EXPIRE, {"before": datetime.now(UTC) - 13 * DAY, "limit": 500}),
            (failures._RETRYING, {"rungs": ["retry.1s"], "seconds": [1], "longest": timedelta(minutes=10)}),
        ):
            plan = (await tx.execute(text(f"EXPLAIN {statement.text}"), values)).scalars().all()
            assert any("failure_at_idx" in line for line in plan), plan


async def test_forgetting_receipts_goes_along_their_key(database: Database) -> None:
    await insert_old(database, 20_000)
    async with database.transaction() as tx:
        await tx.execute(text("ANALYZE post.receipt"))
        month_ago = datetime.now(UTC) - MONTH
        bounds = {"after": _id_of(month_ago - 5 * DAY), "below": _id_of(month_ago), "before": month_ago, "limit": 500}
        plan = (await tx.execute(text(f"EXPLAIN {receipts._EXPIRE.text}"), bounds)).scalars().all()
        assert any("receipt_pkey" in line for line in plan), plan


def _id_of(at: datetime, number: int = 0) -> UUID:
    return UUID(int=(int(at.timestamp() * 1000) << 80) + (7 << 76) + number)


async def _left(database: Database) -> dict[str, object]:
    async with database.transaction() as tx:
        letters = await tx.execute(text("SELECT status FROM operations.dead_letter ORDER BY status"))
        return {
            "receipts": (await tx.execute(text("SELECT count(*) FROM post.receipt"))).scalar_one(),
            "letters": list(letters.scalars()),
            "failures": (await tx.execute(text("SELECT count(*) FROM post.failure"))).scalar_one(),
            "silent": (
                await tx.execute(text("SELECT count(*) FROM operations.process WHERE room = 'x' AND pid = 2"))
            ).scalar_one(),
        }


_RECEIPT = text("""
    INSERT INTO post.receipt (consumer, message_id, subject, at) VALUES (:consumer, :message, gen_random_uuid(), :at)
""")
_LETTER = text("""
    INSERT INTO operations.dead_letter (id, fingerprint, queue, found_in, reason, error, pattern, attempts,
                                        first_failed_at, last_failed_at, properties, body, status, settled_at)
    VALUES (:id, gen_random_uuid(), 'Toy_Ping', 'x.dead', 'exhausted', 'no', 'no', 6, now(), now(), '{}', '', :status,
            CASE WHEN cast(:status AS text) <> 'dead' THEN now() - :days * interval '1 day' END)
""")
_FAILURE = text("""
    INSERT INTO post.failure (subject, consumer, message_id, attempt, error, at)
    VALUES (gen_random_uuid(), 'Toy_Ping', gen_random_uuid(), 1, 'no', now() - :days * interval '1 day')
""")
_PROCESS = text("""
    INSERT INTO operations.process (id, room, host, pid, started_at, seen_at, busy, memory, waiting)
    VALUES (:id, 'x', 'here', :hours, now(), now() - :hours * interval '1 hour', 0, 0, '{}')
""")
