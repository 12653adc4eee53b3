"""The name server (epmd) of a private broker, or of several that are one cluster."""

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.errors import OpsError
from ops.local.ports import answers
from ops.local.process import PidFile, last_words, spawn, wait_until


class Names:
    """Tells nodes where to find each other; its process is remembered below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "output.log"
        self._process = PidFile(directory / "epmd.pid")

    @property
    def is_running(self) -> bool:
        """Whether there is anything to stop."""
        return self._process.pid is not None

    def start(self, program: Sequence[str], port: int, environment: Mapping[str, str]) -> None:
        """Start it, in the place of one that was left behind.

        Raises:
            OpsError: when it does not answer.
        """
        self._process.end(signal.SIGTERM, grace=5)
        command = [*program, "-port", str(port), "-address", "127.0.0.1"]
        self._process.write(spawn(command, log=self._log, environment=environment))
        if not wait_until(lambda: answers(port), 10):
            raise OpsError(f"RabbitMQ's name server (epmd) did not start: {last_words(self._log)}")

    def stop(self) -> None:
        """Stop it; whoever it knew has to be stopped first."""
        self._process.end(signal.SIGTERM, grace=5)
