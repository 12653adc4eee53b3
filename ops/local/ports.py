"""Ports: which are free, who holds those that are not, and which setting moves ours."""

import random
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError

_LISTENING = "0A"
_OURS = range(20_000, 32_000)
"""Below those that the kernel gives to connections: one of them would have the port of a server that is down."""
_TRIES = 200


@dataclass(frozen=True, slots=True)
class Port:
    """A port that we want: what for, and the setting that moves it."""

    number: int
    purpose: str
    setting: str
    host: str = "127.0.0.1"


def free_port() -> int:
    """Return a port of the local machine that nobody uses now, nor takes while its server is started again.

    Raises:
        OpsError: when there seems to be none.
    """
    for number in random.sample(_OURS, _TRIES):
        if is_free(number):
            return number
    raise OpsError(f"none of {_TRIES} ports from {_OURS.start} to {_OURS.stop - 1} is free")


def is_free(number: int, host: str = "127.0.0.1") -> bool:
    """Tell whether we could listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError:
            return False
    return True


def answers(number: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody accepts connections on a port."""
    with suppress(OSError), socket.create_connection((host, number), timeout=1):
        return True
    return False


def require_free(ports: Sequence[Port]) -> None:
    """See that nobody is in the way.

    Raises:
        OpsError: naming every port in use, what it is for, who holds it, and the setting that moves ours.
    """
    taken = [port for port in ports if not is_free(port.number, port.host)]
    if taken:
        raise OpsError("; ".join(_sentence(port) for port in taken))


def _sentence(port: Port) -> str:
    who = holder(port.number)
    by = f" by {who}" if who else ""
    return f"port {port.number}, for the {port.purpose}, is in use{by}: free it, or set {port.setting} to another"


def holder(number: int) -> str | None:
    """Return the name and pid of the process that listens on a port, as far as we may see it."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listeners(table, number)}
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(handle.readlink()) in inodes for handle in process.joinpath("fd").iterdir()):
                return f"{process.joinpath('comm').read_text().strip()} (pid {process.name})"
    return None


def _listeners(table: str, number: int) -> list[str]:
    try:
        rows = [line.split() for line in Path("/proc/net", table).read_text().splitlines()[1:]]
    except OSError:
        return []
    return [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == number]
