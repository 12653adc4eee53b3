"""The reading end of a connection: deliveries to whoever takes them, everything else to the driver, byte for byte."""

import asyncio
import math
import random
from contextlib import suppress

import pamqp.frame
import pytest
from pamqp.body import ContentBody
from pamqp.commands import Basic, Channel
from pamqp.frame import FrameTypes
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from workers.runtime import inlet as inlets
from workers.runtime.arrivals import Arrivals
from workers.runtime.delivery import Delivery
from workers.runtime.inlet import Inlet

MINE, OTHER = 1, 2


def written(channel: int, *parts: FrameTypes) -> bytes:
    return b"".join(bytes(pamqp.frame.marshal(part, channel)) for part in parts)


def delivery(tag: int, body: bytes, channel: int = MINE, size: int = 1000) -> bytes:
    method = Basic.Deliver(consumer_tag="c", delivery_tag=tag, exchange="", routing_key="Toy_Ping")
    parts = [ContentBody(body[start : start + size]) for start in range(0, len(body), size)]
    header = ContentHeader(body_size=len(body), properties=Basic.Properties(message_id=str(tag)))
    return written(channel, method, header, *parts)


def got(body: bytes) -> bytes:
    """An answer to a get, which has a header and a body as well."""
    method = Basic.GetOk(delivery_tag=1, routing_key="k", message_count=0)
    header = ContentHeader(body_size=len(body))
    return written(MINE, method, header, ContentBody(body))


async def frame(inlet: Inlet) -> bytes:
    """Read a frame as aiormq does."""
    head = await inlet.readexactly(1) + await inlet.readexactly(6)
    return head + await inlet.readexactly(int.from_bytes(head[3:], "big") + 1)


async def everything(inlet: Inlet) -> bytes:
    """Read frames until there are no more."""
    passed = b""
    with suppress(asyncio.IncompleteReadError):
        while True:
            passed += await frame(inlet)
    return passed


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_arrives_in_whatever_pieces_is_told_apart(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inlets, "_HEARTBEAT_SECONDS", math.inf)
    dice = random.Random(seed)
    bodies = [dice.randbytes(dice.choice([0, 1, 30, 3500])) for _ in range(20)]
    closed = bytes(pamqp.frame.marshal(Channel.CloseOk(), MINE))
    theirs = [got(b"x" * 10), delivery(7, b"not mine", OTHER), closed, bytes(Heartbeat().marshal())]
    wire = b"".join(
        delivery(tag, body) + (theirs[tag // 5] if tag % 5 == 0 else b"") for tag, body in enumerate(bodies)
    )
    reader, taken = asyncio.StreamReader(), list[Delivery]()
    inlet = Inlet(reader)
    inlet.take(MINE, Arrivals(taken.append).take)

    async def feed() -> None:
        at = 0
        while at < len(wire):
            size = dice.choice([1, 6, 7, 40, 5000])
            reader.feed_data(wire[at : at + size])
            at += size
            await asyncio.sleep(0)
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    passed = await everything(inlet)
    await feeding
    assert passed == b"".join(theirs)
    assert [(each.tag, each.body, each.properties.message_id) for each in taken] == [
        (tag, body, str(tag)) for tag, body in enumerate(bodies)
    ]
    assert inlet.at_eof()


async def test_while_only_deliveries_come_the_driver_hears_that_somebody_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inlets, "_HEARTBEAT_SECONDS", -1.0)
    reader, taken = asyncio.StreamReader(), list[Delivery]()
    inlet = Inlet(reader)
    inlet.take(MINE, Arrivals(taken.append).take)
    reader.feed_data(delivery(1, b"one"))
    assert await asyncio.wait_for(frame(inlet), timeout=5) == bytes(Heartbeat().marshal())
    assert [each.tag for each in taken] == [1]
    with pytest.raises(TimeoutError):  # and nothing when nothing comes, or a dead peer would never be noticed
        await asyncio.wait_for(frame(inlet), timeout=0.05)


async def test_who_left_is_offered_nothing_more() -> None:
    reader, taken = asyncio.StreamReader(), list[Delivery]()
    inlet, first, second = Inlet(reader), Arrivals(taken.append).take, Arrivals(taken.append).take
    inlet.take(MINE, first)
    inlet.take(MINE, second)
    inlet.leave(MINE, first)
    reader.feed_data(delivery(1, b"", MINE))
    reader.feed_data(got(b"x"))
    await frame(inlet)
    assert [each.tag for each in taken] == [1], "whoever came after keeps it"
    inlet.leave(MINE, second)
    reader.feed_data(delivery(2, b""))
    reader.feed_eof()
    assert (await everything(inlet)).endswith(delivery(2, b""))
    assert [each.tag for each in taken] == [1]


async def test_a_greeting_that_is_refused_reaches_the_driver() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"AMQP\x00\x00\x09\x01")
    assert await Inlet(reader).readexactly(7) == b"AMQP\x00\x00\x09"
