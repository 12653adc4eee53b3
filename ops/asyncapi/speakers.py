"""Who speaks and who listens: rooms by the types of their functions, others by what they claim to say."""

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import cleandoc

from messages import Message
from workers.runtime.handler import Handler
from workers.runtime.room import Room


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who says messages, each for the reasons that are given, and hears what its handlers take."""

    name: str
    promise: str
    says: Mapping[type[Message], tuple[str, ...]]
    hears: Mapping[str, Handler] = field(default_factory=dict)

    @classmethod
    def of(cls, room: Room) -> "Speaker":
        """Read what a room says and hears from its handlers and timers."""
        promise = cleandoc(sys.modules[f"workers.{room.schema}"].__doc__ or "")
        return cls(room.schema, promise, _says(room), room.handlers)


def _says(room: Room) -> Mapping[type[Message], tuple[str, ...]]:
    reasons: defaultdict[type[Message], tuple[str, ...]] = defaultdict(tuple)
    for queue, handler in room.handlers.items():
        for message in handler.may_announce:
            reasons[message] += (f"in answer to {queue}",)
    for timer in room.timers.values():
        for message in timer.announces | (timer.steps.announces if timer.steps else frozenset()):
            reasons[message] += (f"by the clock ({timer.name}, every {timer.seconds:g} s)",)
    for message in room.says:
        reasons[message] += ("with the change that it is about",)
    return reasons
