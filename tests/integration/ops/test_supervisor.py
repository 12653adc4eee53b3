import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.local.process import started, wait_until
from ops.state import ChildState, read

SCRIPT = Path(__file__).with_name("supervised.py")
ROOT = Path(__file__).parents[3]

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def start(*names: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        running.append(subprocess.Popen([sys.executable, str(SCRIPT), str(tmp_path), *names], env=environment))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


def child(place: Path, name: str) -> ChildState:
    found = [state for state in read(place / "state.json").children if state.name == name]
    return found[0] if found else ChildState(name=name)


def until(condition: Callable[[], bool]) -> None:
    assert wait_until(condition, 20)


def speaks(place: Path, name: str, times: int = 1) -> bool:
    log = place / f"{name}.log"
    return log.exists() and log.read_text().count("here") >= times


def test_a_child_that_is_killed_comes_back_and_shows_it(tmp_path: Path, supervise: Start) -> None:
    supervise("stays")
    until(lambda: speaks(tmp_path, "stays"))
    before = child(tmp_path, "stays")
    assert before.pid
    assert before.health_port
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: speaks(tmp_path, "stays", times=2))
    after = child(tmp_path, "stays")
    assert after.pid != before.pid
    assert (after.restarts, after.last_exit) == (1, "SIGKILL")


def test_a_child_that_keeps_dying_waits_longer_each_time(tmp_path: Path, supervise: Start) -> None:
    supervise("dies", "stays")
    until(lambda: child(tmp_path, "dies").restarts >= 3)
    dying = child(tmp_path, "dies")
    assert dying.last_exit == "exit 3"
    assert child(tmp_path, "stays").restarts == 0


def test_all_stop_and_the_last_to_start_goes_first(tmp_path: Path, supervise: Start) -> None:
    supervisor = supervise("first", "last")
    until(lambda: speaks(tmp_path, "first") and speaks(tmp_path, "last"))
    pids = [child(tmp_path, name).pid for name in ("first", "last")]
    supervisor.terminate()
    assert supervisor.wait(20) == 0
    assert (tmp_path / "order").read_text().split() == ["last", "first"]
    assert [started(pid) for pid in pids if pid] == [None, None]
    assert child(tmp_path, "first").pid is None


def test_who_does_not_go_is_killed_after_the_grace(tmp_path: Path, supervise: Start) -> None:
    supervisor = supervise("stubborn")
    until(lambda: speaks(tmp_path, "stubborn"))
    supervisor.terminate()
    assert supervisor.wait(20) == 0
    assert child(tmp_path, "stubborn").last_exit == "SIGKILL"
