"""What processes have used, from /proc: CPU with their children, and the most memory they ever held."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from bench.arithmetic import Ticks
from ops.local.proc import PROC, parents, stat

_MS = 1000 / os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def used(roots: Mapping[str, Iterable[int]]) -> dict[str, float]:
    """Return the CPU milliseconds of every kind's process trees so far, with children that have ended."""
    return {kind: sum(_used(pid) for root in pids for pid in tree(root)) for kind, pids in roots.items()}


def peak_mb(pid: int) -> float:
    """Return the most memory that a process ever had resident, in MB of a million bytes."""
    with suppress(OSError):
        for line in PROC.joinpath(str(pid), "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1_000_000
    return 0


def own() -> float:
    """Return the CPU milliseconds of this process and of the children that it has waited for: the load generators."""
    return sum(os.times()[:4]) * 1000


def machine() -> Ticks:
    """Return how long all cores were busy, with whatever, and how long they were there, in milliseconds."""
    fields = [int(field) for field in PROC.joinpath("stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return Ticks(busy=(sum(fields) - idle) * _MS, whole=sum(fields) * _MS)


def _used(pid: int) -> float:
    fields = stat(pid)
    return sum(int(field) for field in fields[11:15]) * _MS if fields else 0
