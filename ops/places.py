"""Where the local stack keeps its things: ``.fleet/`` in the clone, or in the current directory without one.

``ORDERFLEET_HOME`` names another directory: a second stack, with ports of its own, stands beside the first.
"""

import os
from pathlib import Path

HOME = "ORDERFLEET_HOME"
_CLONE = Path(__file__).resolve().parent.parent


def root() -> Path:
    """Return the clone this package runs from, or the current directory when it was installed elsewhere."""
    return _CLONE if (_CLONE / "pyproject.toml").exists() else Path.cwd()


def fleet() -> Path:
    """Return the directory of the local stack, made when it is not there."""
    place = Path(os.environ.get(HOME) or root() / ".fleet").absolute()
    place.mkdir(parents=True, exist_ok=True)
    return place


def logs() -> Path:
    """Return the directory of the logs, made when it is not there."""
    place = fleet() / "logs"
    place.mkdir(exist_ok=True)
    return place
