import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of the files in the wheel."""
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = place.glob("*.whl")
    with ZipFile(built) as archive:
        return frozenset(archive.namelist())


@pytest.mark.parametrize(
    "pattern",
    [
        "gateway/**/*.py",
        "gateway/assets/**/*.*",
        "gateway/assets/**/[A-Z]*",
        "messages/**/*.py",
        "migrations/**/*.py",
        "migrations/*.mako",
        "ops/**/*.py",
        "workers/**/*.py",
        "workers/notification/templates/*",
    ],
)
def test_what_the_fleet_reads_is_in_the_wheel(pattern: str, wheel: frozenset[str]) -> None:
    wanted = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)}
    assert wanted
    assert wanted <= wheel


def test_nothing_else_is(wheel: frozenset[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "gateway",
        "messages",
        "migrations",
        "ops",
        "workers",
    }
    assert not any("__pycache__" in name for name in wheel)


def test_it_brings_the_command_and_the_licence(wheel: frozenset[str]) -> None:
    assert {Path(name).name for name in wheel if ".dist-info/" in name} >= {"entry_points.txt", "LICENSE"}
