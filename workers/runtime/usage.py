"""What a process takes of its machine."""

import os
import resource
import time
from pathlib import Path

_STATM = Path("/proc/self/statm")


class Usage:
    """The time and the memory that this process takes."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.monotonic()

    def busy(self) -> float:
        """Return the share of a core that was used since this was asked before."""
        cpu, wall = time.process_time(), time.monotonic()
        used, passed = cpu - self._cpu, wall - self._wall
        self._cpu, self._wall = cpu, wall
        return round(used / passed, 3) if passed > 0 else 0.0

    @staticmethod
    def memory() -> int:
        """Return how many bytes are resident; where that is not told, how many were at most."""
        try:
            return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
