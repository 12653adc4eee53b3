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
RATE = 8
MINUTES_TO_CALM = 5


def test_whatever_breaks_nothing_is_lost_nothing_comes_twice_and_nothing_is_stuck(tmp_path: Path) -> None:
    seed = os.environ.get("ORDERFLEET_TEST_SEED", str(random.randrange(2**32)))
    print(f"ORDERFLEET_TEST_SEED={seed}")  # noqa: T201 - shown when the test fails
    words = f"--seed {seed} --faults {FAULTS} --rate {RATE} --patience {MINUTES_TO_CALM * 60}".split()
    where = ["--home", str(tmp_path / "stack"), "--output", str(tmp_path / "verdict.json"), "--rabbitmq", release()]
    ours = {name: value for name, value in os.environ.items() if name != f"{PREFIX}HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "ops", "chaos", *words, *where], env=ours, capture_output=True, text=True, check=False
    )
    print(done.stdout)  # noqa: T201 - as above
    assert (tmp_path / "verdict.json").exists(), done.stderr
    verdict = msgspec.json.decode((tmp_path / "verdict.json").read_bytes(), type=Verdict)
    assert dict(verdict.violations) == dict.fromkeys(dict(verdict.violations), 0), (verdict.findings, verdict.waiting)
    assert (done.returncode, verdict.ok) == (0, True)
    assert verdict.faults >= FAULTS
    assert sum(verdict.ended.values()) >= verdict.accepted > 0
    assert set(verdict.ended) <= {"DELIVERED", "CANCELLED", "FAILED"}
