"""A notification worker that writes down what is to be said and sends nothing: its queues without its timer."""

import sys

from workers.fleet import ROOMS, fleet_topology
from workers.runtime import worker
from workers.runtime.settings import load


def main() -> int:
    """Run until told to end."""
    room = ROOMS["notification"]
    heard = fleet_topology().heard
    room.timers.clear()
    room.resources.clear()
    return worker.run(room, load(), heard=heard)


if __name__ == "__main__":
    sys.exit(main())
