import os
import platform
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops.local.process import PidFile, spawn, started, wait_until

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"

EXIT_OF_A_THREAD = {"x86_64": 60, "aarch64": 93}.get(platform.machine())
HEADLESS = """
import ctypes, sys, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("up", flush=True)
ctypes.CDLL(None).syscall(int(sys.argv[1]), 0)
"""


@pytest.fixture
def file(tmp_path: Path) -> PidFile:
    return PidFile(tmp_path / "it.pid")


def test_a_running_process_is_found(file: PidFile) -> None:
    file.write(os.getpid())
    assert file.pid == os.getpid()


def test_a_pid_that_was_reused_is_somebody_else(tmp_path: Path, file: PidFile) -> None:
    (tmp_path / "it.pid").write_text(f"{os.getpid()} 12345\n")
    assert file.pid is None
    file.end(signal.SIGKILL, grace=1)


def test_threads_may_look_for_the_end_of_children_together(tmp_path: Path) -> None:
    pids = [spawn([sys.executable, "-c", ""], log=tmp_path / "log", environment={}) for _ in range(20)]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(50):
            list(threads.map(started, pids))


@pytest.mark.skipif(EXIT_OF_A_THREAD is None, reason="the number of the call is known for two machines")
def test_a_process_is_there_until_its_last_thread_is_gone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pid = spawn([sys.executable, "-c", HEADLESS, str(EXIT_OF_A_THREAD)], log=log, environment={})
    stat = Path("/proc", str(pid), "stat")
    assert wait_until(lambda: "up" in log.read_text() and ") Z " in stat.read_text(), 10)
    assert started(pid) is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: started(pid) is None, 10)


def test_nonsense_is_no_process(tmp_path: Path, file: PidFile) -> None:
    (tmp_path / "it.pid").write_text("what")
    assert file.pid is None


def test_what_does_not_end_in_time_is_killed(tmp_path: Path, file: PidFile) -> None:
    log = tmp_path / "log"
    pid = spawn([sys.executable, "-c", STUBBORN], log=log, environment={})
    file.write(pid)
    assert wait_until(lambda: "up" in log.read_text(), 10)
    file.end(signal.SIGTERM, grace=0.2)
    assert file.pid is None
    assert started(pid) is None


def test_waiting_has_an_end() -> None:
    assert not wait_until(lambda: False, 0)
