"""The life of a message: one effect, its replies, and an acknowledgement, whatever happens in between."""

from uuid import uuid4

from pamqp.commands import Basic
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.topology import EVENTS, LADDER
from messages.post.wire import properties
from tests.support.broker import Broker
from tests.support.toy import EFFECT, Ping, count, effects, listener, ping, prepare, toy, working
from tests.support.waiting import eventually
from workers.runtime.batch import Batch
from workers.runtime.database import Database
from workers.runtime.room import Room
from workers.runtime.settings import Settings

QUEUE = "Toy_Ping"


class Unlucky(Exception):  # noqa: N818 - a name to be found in a header
    pass


async def test_a_message_has_one_effect_and_its_reply_names_its_cause(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    sent = ping("hello")
    async with working(toy(), fleet_settings, made):
        await broker.send(sent)
        [reply] = await broker.take("Other_Pong")
    assert await effects(database) == [sent.subject]
    assert reply.correlation_id == str(sent.subject)
    assert reply.headers["causation-id"] == str(sent.message_id)
    assert (reply.type, reply.content_type, reply.delivery_mode) == ("toy.pong", "application/json", 2)
    assert b'"word":"hello"' in reply.body
    assert await broker.depth(QUEUE) == 0


async def test_what_has_arrived_is_handled_in_few_transactions(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    await broker.send(*(ping() for _ in range(200)))
    async with working(toy(), fleet_settings, made):
        await eventually(lambda: count(database, 200), what="200 effects")
    async with database.transaction() as tx:
        transactions = (await tx.execute(text("SELECT count(DISTINCT xid) FROM effect"))).scalar_one()
    assert transactions < 50


async def test_one_event_has_an_effect_in_every_room_that_hears_it(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    async with working(toy(), fleet_settings, made), working(listener(), fleet_settings, made):
        await broker.send(sent := ping())
        await eventually(lambda: _all(database, "ping", "other ping", "pong"), what="three effects")
    assert await effects(database, "other ping") == [sent.subject]


async def test_a_repeated_message_has_one_effect_and_the_same_replies_again(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    sent = ping()
    async with working(toy(), fleet_settings, made):
        await broker.send(sent)
        [first] = await broker.take("Other_Pong")
        await broker.send(sent)
        [second] = await broker.take("Other_Pong")
    assert await effects(database) == [sent.subject]
    assert first.message_id == second.message_id
    assert first.body == second.body


async def test_a_repetition_among_fresh_messages_does_not_hurt_them(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    old, fresh = ping(), [ping() for _ in range(20)]
    async with working(toy(), fleet_settings, made):
        await broker.send(old)
        await broker.take("Other_Pong")
    await broker.send(*fresh[:10], old, *fresh[10:])
    async with working(toy(), fleet_settings, made):
        await broker.take("Other_Pong", 21)
    assert sorted(await effects(database)) == sorted(envelope.subject for envelope in (old, *fresh))


async def test_a_bad_message_does_not_stop_its_neighbours_and_comes_back_by_the_ladder(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    seen: list[str] = []

    def fail_at_first(message: Ping) -> None:
        seen.append(message.word)
        if message.word == "bad" and seen.count("bad") <= 2:  # once with the others, once alone
            raise Unlucky("not today")

    room = toy(fail_at_first)
    made = await prepare(database, fleet_settings, room, listener())
    await broker.send(*(ping() for _ in range(10)), bad := ping("bad"), *(ping() for _ in range(10)))
    async with working(room, fleet_settings, made):
        await eventually(lambda: count(database, 20), what="the neighbours' effects")
        assert bad.subject not in await effects(database)
        await eventually(lambda: count(database, 21), what="the effect of the second attempt")
    assert await broker.depth(f"{QUEUE}.dead") == 0


async def test_a_message_that_fails_on_every_rung_is_kept_with_the_reason(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    def fail(message: Ping) -> None:
        raise Unlucky(f"no luck with {message.order_id}")

    room = toy(fail, ladder=LADDER[:1])
    made = await prepare(database, fleet_settings, room, listener())
    sent = ping("secret")
    async with working(room, fleet_settings, made) as worker:
        await broker.send(sent)
        [letter] = await broker.take(f"{QUEUE}.dead")
    headers = letter.headers
    assert (headers["reason"], headers["attempt"], headers["queue"]) == ("exhausted", 2, QUEUE)
    assert headers["error"] == f"Unlucky: no luck with {sent.subject}"
    assert headers["worker"] == worker.name
    assert str(headers["first-failed-at"]) < str(headers["last-failed-at"])
    assert "x-death" not in headers
    assert letter.body == bytes(sent.body)
    assert letter.message_id == str(sent.message_id)


async def test_what_cannot_be_read_is_dead_at_once_and_its_neighbours_are_not(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    good, other = ping(), uuid4()
    props = properties(good)
    unreadable = {
        "the body is no toy.ping": (b'{"type":"toy.ping"', props),
        "the body is no toy.ping: Invalid": (b'{"type":"toy.ping","orderId":"\xff"}', properties(ping())),
        "the message_id property": (bytes(good.body), Basic.Properties(message_type="toy.ping", message_id="7")),
        "the correlation_id is": (
            bytes(good.body),
            Basic.Properties(message_type="toy.ping", message_id=str(uuid4()), correlation_id=str(other)),
        ),
        "the attempt header": (
            bytes(good.body),
            Basic.Properties(
                message_type="toy.ping", message_id=str(uuid4()), correlation_id=str(other), headers={"attempt": "x"}
            ),
        ),
    }
    for body, bad in unreadable.values():
        await broker.send_raw(body, bad, exchange=EVENTS, key="toy.ping")
    await broker.send(good)
    async with working(toy(), fleet_settings, made):
        letters = await broker.take(f"{QUEUE}.dead", len(unreadable))
        await eventually(lambda: count(database, 1), what="the effect of the good one")
    errors = [str(letter.headers["error"]) for letter in letters]
    assert {letter.headers["reason"] for letter in letters} == {"undecodable"}
    for said in unreadable:
        assert any(said in error for error in errors), (said, errors)


async def test_a_reply_that_nobody_takes_fails_its_message_and_is_sent_again_later(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    room = toy(ladder=LADDER[:2])
    made = await prepare(database, fleet_settings, room, listener())
    await broker.unbind("Other_Pong", EVENTS, "toy.pong")
    async with working(room, fleet_settings, made):
        await broker.send(sent := ping())
        await eventually(lambda: count(database, 1), what="the effect")
        await eventually(lambda: _waits(broker, "retry.1s"), what="the message on the ladder")
        await broker.bind("Other_Pong", EVENTS, "toy.pong")
        [reply] = await broker.take("Other_Pong")
    assert reply.headers["causation-id"] == str(sent.message_id)
    assert await effects(database) == [sent.subject]


async def test_a_message_that_came_back_often_is_handled_alone_and_at_last_kept(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    suspect, crashing, fresh = ping(), ping(), [ping() for _ in range(5)]
    # A published delivery count is believed by the broker, which spares this test the crashes.
    await broker.send(suspect, **{"x-delivery-count": 4})
    await broker.send(crashing, **{"x-delivery-count": 11})
    await broker.send(*fresh)
    async with working(toy(), fleet_settings, made):
        [letter] = await broker.take(f"{QUEUE}.dead")
        await eventually(lambda: count(database, 6), what="all other effects")
    assert letter.headers["reason"] == "crashing"
    assert letter.message_id == str(crashing.message_id)
    async with database.transaction() as tx:
        rows = await tx.execute(text("SELECT xid, count(*) AS n, min(order_id::text) AS one FROM effect GROUP BY xid"))
        alone = {row.one for row in rows if row.n == 1}
    assert str(suspect.subject) in alone


async def test_a_body_too_deep_to_read_condemns_only_itself(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    deep = ping()
    body = bytes(deep.body)[:-1] + b',"junk":' + b"[" * 3000 + b"]" * 3000 + b"}"
    await broker.send_raw(body, properties(deep), exchange=EVENTS, key="toy.ping")
    await broker.send(*(ping() for _ in range(20)))
    async with working(toy(), fleet_settings, made):
        [letter] = await broker.take(f"{QUEUE}.dead")
        await eventually(lambda: count(database, 20), what="the neighbours' effects")
    assert letter.headers["reason"] == "undecodable"


async def test_what_only_its_first_sender_may_claim_does_not_stop_its_burial(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    props = properties(ping(), {"big": "x" * 100_000})
    props.user_id = "orderfleet"
    props.correlation_id = "nobody"
    await broker.send_raw(b"{}", props, exchange=EVENTS, key="toy.ping")
    async with working(toy(), fleet_settings, made):
        [letter] = await broker.take(f"{QUEUE}.dead")
    assert "big" not in letter.headers
    assert letter.user_id is None


async def test_a_message_that_breaks_its_transaction_every_time_is_no_outage(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    room = Room("Toy", ladder=())

    @room.on
    async def kill(pings: Batch[Ping], tx: AsyncConnection) -> None:
        await tx.execute(EFFECT, {"ids": pings.subjects, "what": "ping"})
        if any(ping.word == "killer" for ping in pings):
            await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    made = await prepare(database, fleet_settings, room)
    await broker.send(*(ping() for _ in range(10)), killer := ping("killer"), *(ping() for _ in range(10)))
    async with working(room, fleet_settings, made):
        [letter] = await broker.take(f"{QUEUE}.dead")
        await eventually(lambda: count(database, 20), what="the neighbours' effects")
    assert letter.message_id == str(killer.message_id)


async def test_two_messages_about_one_subject_never_share_a_batch(
    database: Database, fleet_settings: Settings, broker: Broker
) -> None:
    made = await prepare(database, fleet_settings, toy(), listener())
    order_id = uuid4()
    await broker.send(*(ping(order_id=order_id) for _ in range(5)), *(ping() for _ in range(5)))
    async with working(toy(), fleet_settings, made):
        await eventually(lambda: count(database, 10), what="ten effects")
    async with database.transaction() as tx:
        most = await tx.execute(text("SELECT max(n) FROM (SELECT count(*) n FROM effect GROUP BY xid, order_id) x"))
        assert most.scalar_one() == 1


async def _all(database: Database, *whats: str) -> bool:
    return all([await effects(database, what) for what in whats])


async def _waits(broker: Broker, queue: str) -> bool:
    return await broker.depth(queue) > 0
