"""A small fire: orders of every kind while things break by a seeded plan, and afterwards every promise was kept."""

import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec

from ops.chaos.verdict import Verdict
from tests.support.servers import release
from workers.runtime.settings import PREFIX

FAULTS = 5
RATE = 5
CALM_SECONDS = 120
MOST_SECONDS = 290
CLEARING_SECONDS = 120


def test_whatever_breaks_nothing_is_lost_nothing_comes_twice_and_nothing_is_stuck(tmp_path: Path) -> None:
    seed = os.environ.get("ORDERFLEET_TEST_SEED", str(random.randrange(2**32)))
    print(f"ORDERFLEET_TEST_SEED={seed}")  # noqa: T201 - shown when the test fails
    words = f"--seed {seed} --faults {FAULTS} --rate {RATE} --patience {CALM_SECONDS}".split()
    where = ["--home", str(tmp_path / "stack"), "--output", str(tmp_path / "verdict.json"), "--rabbitmq", release()]
    code, said = run("chaos", *words, *where)
    print(said)  # noqa: T201 - as above
    assert (tmp_path / "verdict.json").exists()
    verdict = msgspec.json.decode((tmp_path / "verdict.json").read_bytes(), type=Verdict)
    assert dict(verdict.violations) == dict.fromkeys(dict(verdict.violations), 0), (verdict.findings, verdict.waiting)
    assert (code, verdict.ok) == (0, True)
    assert verdict.faults >= FAULTS
    assert sum(verdict.ended.values()) >= verdict.accepted > 0
    assert set(verdict.ended) <= {"DELIVERED", "CANCELLED", "FAILED"}


def run(*words: str) -> tuple[int, str]:
    """Run a command of ours; when it takes too long it is told to end, which clears away its stack."""
    ours = {name: value for name, value in os.environ.items() if name != f"{PREFIX}HOME"}
    command = [sys.executable, "-u", "-m", "ops", *words]
    with subprocess.Popen(command, env=ours, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said, _ = process.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            said, _ = process.communicate(timeout=CLEARING_SECONDS)
            raise AssertionError(f"it took more than {MOST_SECONDS} s:\n{said}") from None
    return process.returncode, said
