"""A worker that is killed at one point of a message's life: ``python -m tests.support.crashing ROOM POINT``."""

import os
import signal
import sys
from typing import Any, NoReturn

from workers.dead import main as dead
from workers.dead.keeper import Keeper
from workers.fleet import ROOMS, fleet_topology
from workers.relay import main as relay
from workers.runtime import errands, handling, worker
from workers.runtime.publisher import Publisher
from workers.runtime.settings import load


def die() -> NoReturn:
    """End as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody outlives this")


def die_between_commit_and_publish() -> None:
    """Everything is committed, nobody has been told."""

    async def publish(_: Publisher, parcels: Any) -> Any:
        return die() if parcels else []

    setattr(Publisher, "publish", publish)  # noqa: B010 - mypy knows that this is not done


def die_between_publish_and_ack() -> None:
    """Everybody has been told, the broker does not know that it was handled."""
    told = Publisher.publish

    async def publish(self: Publisher, parcels: Any) -> Any:
        outcomes = await told(self, parcels)
        return die() if parcels else outcomes

    setattr(Publisher, "publish", publish)  # noqa: B010 - mypy knows that this is not done


def die_between_call_and_settle() -> None:
    """The outside has done it, and nothing here says so."""
    called = errands.carry_out

    async def carry_out(*args: Any, **kwargs: Any) -> Any:
        answers = await called(*args, **kwargs)
        return die() if answers.outcomes else answers

    setattr(handling, "carry_out", carry_out)  # noqa: B010 - as above


def die_between_keep_and_ack() -> None:
    """The letters are in the table, the broker does not know."""
    kept = Keeper._keep

    async def keep(self: Keeper, deliveries: Any) -> None:
        await kept(self, deliveries)
        die()

    setattr(Keeper, "_keep", keep)  # noqa: B010 - as above


POINTS = {
    "commit-publish": die_between_commit_and_publish,
    "publish-ack": die_between_publish_and_ack,
    "call-settle": die_between_call_and_settle,
    "keep-ack": die_between_keep_and_ack,
}

if __name__ == "__main__":
    _, room, point = sys.argv
    POINTS[point]()
    topology = fleet_topology()
    if room == "dead":
        sys.exit(dead.run(load(), dead=topology.dead))
    if room == "relay":
        sys.exit(relay.run(load(), heard=topology.heard, rules=relay.no_rules))
    sys.exit(worker.run(ROOMS[room], load(), heard=topology.heard))
