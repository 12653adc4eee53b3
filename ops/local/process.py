"""A process that we started, remembered in a file so that another process can find it, and never mistake it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ops.local.proc import PROC, stat

_children: dict[int, subprocess.Popen[bytes]] = {}


class PidFile:
    """A pid together with the moment its process started: a pid that was reused is somebody else's."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def pid(self) -> int | None:
        """The process, if it still runs."""
        try:
            pid, born = self._path.read_text().split(maxsplit=1)
        except (OSError, ValueError):
            return None
        return int(pid) if started(int(pid)) == born.strip() else None

    def write(self, pid: int) -> None:
        """Remember ``pid``, which has to be running."""
        born = started(pid)
        if born is None:
            self.forget()
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole = self._path.with_suffix(".new")
        whole.write_text(f"{pid} {born}\n")
        whole.replace(self._path)

    def forget(self) -> None:
        """Remember nothing any more."""
        self._path.unlink(missing_ok=True)

    def end(self, how: signal.Signals, *, grace: float) -> None:
        """Signal the process, and kill it when it is still there after ``grace`` seconds."""
        pid = self.pid
        if pid is None:
            self.forget()
            return
        _signal(pid, how)
        if not wait_until(lambda: self.pid is None, grace):
            _signal(pid, signal.SIGKILL)
            wait_until(lambda: self.pid is None, 10)
        self.forget()


def started(pid: int) -> str | None:
    """Return when ``pid`` started, in words that only compare; None when it is gone or only its entry is left."""
    _reap()
    if not PROC.joinpath("self").exists():
        return _listed(pid)
    fields = stat(pid)
    if not fields or (fields[0] in "ZX" and not _has_threads(pid)):
        return None
    return fields[19]


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for ``condition``, looking ten times a second; tell whether it came."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def spawn(
    command: Sequence[str], *, log: Path, environment: Mapping[str, str], user: str | None = None, cwd: str = "/"
) -> int:
    """Start ``command`` in a session of its own, saying what it says into ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the commands are ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            cwd=cwd,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
    _children[process.pid] = process
    return process.pid


def last_words(log: Path, lines: int = 8) -> str:
    """Return the end of a log, for a sentence about why something did not start."""
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def _signal(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def _has_threads(pid: int) -> bool:
    """Tell whether more than the first thread is there: until the last is gone, they hold files, locks and ports."""
    with suppress(OSError):
        return len(list(PROC.joinpath(str(pid), "task").iterdir())) > 1
    return False


def _reap() -> None:
    for pid, child in list(_children.items()):
        if child.poll() is not None:
            _children.pop(pid, None)  # another thread may have been here


def _listed(pid: int) -> str | None:
    found = subprocess.run(  # noqa: S603 - a number that we wrote
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None
