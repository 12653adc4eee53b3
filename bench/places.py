"""Where the bench keeps its things: ``.bench/`` in the clone, apart from the local stack's ``.fleet/``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LATEST = ROOT / "bench" / "latest.json"
CHART = ROOT / "docs" / "performance.png"


def home() -> Path:
    """Return the directory of servers, logs and pids, made when it is not there."""
    return _made(ROOT / ".bench")


def logs() -> Path:
    """Return the directory of what the measured processes say."""
    return _made(home() / "logs")


def pids() -> Path:
    """Return the directory in which every process that was started is remembered until it has ended."""
    return _made(home() / "pids")


def _made(place: Path) -> Path:
    place.mkdir(exist_ok=True)
    return place
