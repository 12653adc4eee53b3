import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = ("requirements.lock", "requirements-runtime.lock")


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;]", requirement)[0] for requirement in requirements}


def test_the_image_runs_what_was_tested() -> None:
    everything = _pins("requirements.lock")
    assert _pins("requirements-runtime.lock").items() < everything.items()


def test_the_locks_know_every_dependency() -> None:
    runtime = _names(PROJECT["dependencies"] + EXTRAS["local"])
    assert runtime <= set(_pins("requirements-runtime.lock"))
    assert runtime | _names(EXTRAS["dev"]) <= set(_pins("requirements.lock"))


def test_the_image_has_no_tools() -> None:
    assert not {"pytest", "mypy", "ruff", "uv", "hatchling"} & set(_pins("requirements-runtime.lock"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_place_to_get_it_from(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
