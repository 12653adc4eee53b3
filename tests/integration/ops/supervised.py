"""A supervisor in a process of its own, with children that are easy to recognise: run by test_supervisor."""

import sys
from pathlib import Path

from ops.backoff import Backoff
from ops.child import Program
from ops.supervisor import Supervisor

STAYS = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
)
NOTES = """
import signal, sys, time
def leave(*_):
    open({order!r}, "a").write("{name}\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print('here', flush=True)
time.sleep(600)
"""


def python(name: str, source: str, stage: int = 0) -> Program:
    return Program(name, (sys.executable, "-c", source), stage=stage, reports=True)


def notes(name: str, place: Path, stage: int) -> Program:
    return python(name, NOTES.format(order=str(place / "order"), name=name), stage)


def main() -> None:
    """Supervise the programs that the arguments name."""
    place = Path(sys.argv[1])
    known = {
        "stays": python("stays", STAYS),
        "dies": python("dies", "raise SystemExit(3)"),
        "stubborn": python("stubborn", STUBBORN),
        "first": notes("first", place, 0),
        "last": notes("last", place, 1),
    }
    programs = [known[name] for name in sys.argv[2:]]
    backoff = Backoff(first=0.05, most=0.2, steady=30)
    Supervisor(programs, logs=place, state=place / "state.json", backoff=backoff, grace=1).run()


if __name__ == "__main__":
    main()
