import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9-]+)==(\S+)(?:(?!python_full_version).)*$", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(found)


def test_the_fleet_is_measured_with_what_it_was_tested_with() -> None:
    bench, everything = _pins("requirements-bench.lock"), _pins("requirements.lock")
    shared = bench.keys() & everything.keys()
    assert shared >= {"aio-pika", "litestar", "psycopg", "sqlalchemy"}
    assert {name: bench[name] for name in shared} == {name: everything[name] for name in shared}


def test_the_lock_knows_every_dependency() -> None:
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["bench"]
    assert {re.split(r"[\[<>=;]", requirement)[0] for requirement in wanted} <= _pins("requirements-bench.lock").keys()
