"""A worker that one of its messages kills: ``python -m tests.support.exiting``."""

import os
import sys
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support.toy import EFFECT, Ping, Pong
from workers.runtime import worker
from workers.runtime.batch import Batch
from workers.runtime.room import Room
from workers.runtime.settings import load

KILLER = "killer"
EXIT_CODE = 42


def deadly() -> Room:
    """Make a room like the toy, in which some words end the process, without a goodbye to anybody."""
    room = Room("Toy", ladder=())

    @room.on
    async def answer(pings: Batch[Ping], tx: AsyncConnection) -> Sequence[Pong]:
        await tx.execute(EFFECT, {"ids": sorted(pings.subjects), "what": "ping"})
        if any(ping.word == KILLER for ping in pings):
            os._exit(EXIT_CODE)
        return [Pong(order_id=ping.order_id, word=ping.word) for ping in pings]

    return room


if __name__ == "__main__":
    sys.exit(worker.run(deadly(), load(), heard=frozenset()))
