import re
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[3]
LINES = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
STEPS: list[tuple[str, str]] = [(word, words) for line in LINES for word, words in re.findall(r"^([A-Z]+) (.*)", line)]
LAST = STEPS[max(number for number, (word, _) in enumerate(STEPS) if word == "FROM") :]
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]


def test_every_stage_stands_on_one_release_of_python() -> None:
    stages = [words.split() for word, words in STEPS if word == "FROM"]
    names = {stage[2] for stage in stages if len(stage) > 1}
    assert {stage[0] for stage in stages} - names == {"python:3.11-slim"}


def test_the_last_stage_installs_nothing() -> None:
    runs = " ".join(words for word, words in LAST if word == "RUN")
    assert not re.search(r"apt|pip|gcc|make", runs)


def test_it_runs_as_nobody_in_particular() -> None:
    assert dict(LAST)["USER"] == "10001:10001"
    assert [word for word, _ in LAST].index("USER") > [word for word, _ in LAST].index("COPY")


def test_it_is_the_orderfleet_command_and_says_what_it_can_do() -> None:
    assert dict(LAST)["ENTRYPOINT"] == '["orderfleet"]'
    assert dict(LAST)["CMD"] == '["--help"]'
    assert "PYTHONUNBUFFERED=1" in dict(LAST)["ENV"]


def test_everything_that_is_downloaded_is_pinned_by_its_hash() -> None:
    installs = [part for word, words in STEPS if word == "RUN" for part in words.split("&&") if " install " in part]
    assert installs
    assert all("--require-hashes -r requirements" in part or "--no-index" in part for part in installs)


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    for sources in (words.split()[:-1] for word, words in STEPS if word == "COPY" and "--from=" not in words):
        for source in sources:
            assert (ROOT / source).exists()
            assert f"!{source}" in IGNORED


def test_nothing_else_of_a_clone_reaches_the_build() -> None:
    assert IGNORED[0] == "*"
    allowed = [pattern.removeprefix("!") for pattern in IGNORED if pattern.startswith("!")]
    for unwanted in (".git", ".venv", ".fleet", "tests", ".env"):
        assert not any(fnmatch(unwanted, pattern) for pattern in allowed)
