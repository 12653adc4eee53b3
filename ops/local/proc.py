"""What Linux tells of processes under /proc."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def stat(pid: int) -> list[str]:
    """Return the fields after the name: state, parent, ...; nothing when the process is gone."""
    with suppress(OSError):
        return PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
    return []


def parents() -> Iterator[tuple[int, int]]:
    """Give every process and its parent."""
    for entry in PROC.glob("[0-9]*"):
        if fields := stat(int(entry.name)):
            yield int(entry.name), int(fields[1])
