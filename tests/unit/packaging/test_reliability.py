import re
from pathlib import Path

import click

from ops.cli import cli

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
ROWS = [row for row in re.findall(r"^\| (.*?) \|", PAGE.partition("## Every trap")[2], re.MULTILINE) if row != "trap"]


def test_every_test_that_the_page_names_is_there() -> None:
    assert NAMED
    missing = [f"{path}::{name}" for path, name in NAMED if not is_there(path, name)]
    assert missing == []


def test_every_trap_names_a_test() -> None:
    rows = [line for line in PAGE.partition("## Every trap")[2].splitlines() if line.startswith("| ")]
    assert [row for row in rows if "`tests/" not in row and not row.startswith("| trap")] == []
    assert len(ROWS) >= 35


def test_the_commands_of_the_page_are_taken() -> None:
    for line in re.findall(r"^orderfleet (.*?)(?:\s+#.*)?$", PAGE, re.MULTILINE):
        word, *rest = line.split()
        command = cli.get_command(click.Context(cli), word)
        assert command is not None, line
        if "--help" not in rest:
            command.make_context(word, rest)


def test_the_variables_of_the_page_are_known_to_make() -> None:
    made = " ".join(re.findall(r"^make chaos(.*?)(?:#.*)?$", PAGE, re.MULTILINE))
    used = set(re.findall(r"\$\(([A-Z]+)\)", (ROOT / "Makefile").read_text()))
    assert set(re.findall(r"([A-Z]+)=", made)) <= used


def is_there(path: str, name: str) -> bool:
    file = ROOT / path
    return file.exists() and (not name or re.search(rf"def {name}\(", file.read_text()) is not None)
