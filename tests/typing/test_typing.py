"""mypy refuses wrong handlers, exactly where they are wrong."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parent / "wrong_handlers.py"


def test_mypy_refuses_each_wrong_shape_and_nothing_else() -> None:
    lines = EXAMPLE.read_text().splitlines()
    expected = {number for number, line in enumerate(lines, 1) if line.endswith("# E:")}
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", str(EXAMPLE)],
        capture_output=True,
        text=True,
        check=False,
        cwd=EXAMPLE.parents[2],
    )
    found = {int(line) for line in re.findall(r"wrong_handlers\.py:(\d+): error", ran.stdout)}
    assert found == expected, ran.stdout
