"""What the supervisor shows of itself, in a file that any other process can read."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec


class ChildState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One child: its process and the moment it was born, or how long until it is started again."""

    name: str
    pid: int | None = None
    born: str | None = None
    health_port: int | None = None
    restarts: int = 0
    since: datetime | None = None
    last_exit: str | None = None
    starts_in: float | None = None

    def but(self, **changes: Any) -> "ChildState":
        """Return the same with some things changed."""
        return msgspec.structs.replace(self, **changes)


class FleetState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All children of one supervisor."""

    children: tuple[ChildState, ...] = ()


def write(path: Path, state: FleetState) -> None:
    """Replace the file in one step: a reader sees the old state or the new one."""
    whole = path.with_suffix(".new")
    whole.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    whole.replace(path)


def read(path: Path) -> FleetState:
    """Read the file; without one there are no children."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=FleetState)
    except (OSError, msgspec.DecodeError):
        return FleetState()
