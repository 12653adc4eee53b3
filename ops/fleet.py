"""The programs of the local stack, in the order in which they start."""

import sys
from collections.abc import Mapping, Sequence

from ops.child import Program
from workers.runtime.settings import ROOMS

DEAD = "dead"
WORKERS = (*(room for room in ROOMS if room != "account"), DEAD)  # the account room hears no messages


def programs(processes: Mapping[str, int], *, catches_mail: bool) -> Sequence[Program]:
    """Return mail catcher, workers, relay and gateway; ``processes`` says how many workers a room has, else one."""
    catcher = [Program("mailcatcher", command("mailcatcher"), stage=0)] if catches_mail else []
    workers = [program for room in WORKERS for program in workers_of(room, processes.get(room, 1))]
    relay = Program("relay", command("relay"), stage=2, reports=True)
    return [*catcher, *workers, relay, Program("gateway", command("gateway"), stage=3)]


def workers_of(room: str, processes: int, options: Sequence[str] = ()) -> Sequence[Program]:
    """Return the workers of one room; more than one are numbered."""
    names = [room] if processes == 1 else [f"{room}.{number}" for number in range(1, processes + 1)]
    return [Program(name, command("worker", room, *options), stage=1, reports=True) for name in names]


def command(*words: str) -> tuple[str, ...]:
    """Return what runs a command of ours in a process of its own."""
    return (sys.executable, "-m", "ops", *words)
