"""A RabbitMQ of our own: everything it writes is below one directory, and nothing of it meets another broker."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal

import httpx

from ops.errors import OpsError
from ops.local import rabbitmq_config
from ops.local.epmd import Names
from ops.local.membership import Membership
from ops.local.ports import answers, free_port, holder, is_free
from ops.local.process import PidFile, last_words, spawn, wait_until
from ops.local.programs import find
from ops.local.rabbitmq4 import Root

_PROGRAMS = ("/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/sbin", "/opt/rabbitmq/sbin", "/opt/homebrew/sbin")
_START_SECONDS = 90
_STOP_SECONDS = 60

_ERLANG = "+sbwt none +sbwtdcpu none +sbwtdio none -rabbit dead_letter_worker_publisher_confirm_timeout 10000"
"""Spinning schedulers take the cores away from the workers. What found no way out of a rung, because a node that came
back did not know its routes yet, is tried again after so many milliseconds; RabbitMQ's own three minutes are long."""


class RabbitMQ:
    """A private broker below ``directory``; release 3 is the installed one, 4 runs in a Debian root of its own.

    With a ``membership`` it is one node of a cluster, whose name server somebody else runs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        amqp_port: int,
        management_port: int,
        release: Literal["3", "4"] = "3",
        membership: Membership | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._amqp_port = amqp_port
        self._management_port = management_port
        self._root = Root() if release == "4" else None
        self._data = self._root.outside(self._directory) if self._root else self._directory
        self._broker = PidFile(self._directory / "broker.pid")
        self._shell = PidFile(self._directory / "shell.pid")  # what starts the broker, and waits for its end
        self._names = None if membership else Names(self._directory)
        self._membership = membership

    @property
    def amqp_url(self) -> str:
        """Where messages go."""
        return f"amqp://orderfleet:orderfleet@127.0.0.1:{self._amqp_port}/"

    @property
    def management_url(self) -> str:
        """Where the management API and its user interface are."""
        return f"http://orderfleet:orderfleet@127.0.0.1:{self._management_port}"

    @property
    def pid(self) -> int | None:
        """The broker's process, if it runs."""
        return self._broker.pid

    @property
    def node(self) -> str:
        """What the broker calls itself."""
        if self._membership:
            return self._membership.node
        return f"orderfleet-{sha256(str(self._directory).encode()).hexdigest()[:10]}@localhost"

    @property
    def is_running(self) -> bool:
        """Whether there is anything to stop, be it half started."""
        has_names = self._names is not None and self._names.is_running
        return has_names or any(file.pid is not None for file in (self._broker, self._shell))

    def start(self) -> None:
        """Start the broker, unless it runs, and wait until it serves.

        Raises:
            OpsError: when it is not installed, a port is taken, or it does not come up.
        """
        if self.pid is None:
            self.stop()
            self._require_ports()
            if self._root:
                self._root.require(lambda _: None)
            self._write_files()
            if self._names:
                self._names.start(self.command("epmd"), self._ports()[1], self._environment())
            self._start_broker()
        if not wait_until(lambda: self._serves() or self.pid is None, _START_SECONDS) or not self.pid:
            self._give_up()

    def stop(self) -> None:
        """Stop the broker in good order, and the name server that belongs to it."""
        self._broker.end(signal.SIGTERM, grace=_STOP_SECONDS)
        self._shell.end(signal.SIGTERM, grace=_STOP_SECONDS)
        if self._names:
            self._names.stop()

    def kill(self) -> None:
        """End the broker as a power cut would."""
        self._broker.end(signal.SIGKILL, grace=10)
        self._shell.end(signal.SIGKILL, grace=10)
        if self._names:
            self._names.stop()

    def erase(self) -> None:
        """Stop the broker and delete its data."""
        self.stop()
        for place in (self._directory, self._data):
            shutil.rmtree(place, ignore_errors=True)

    def ctl(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` against this broker, and return what it says."""
        done = subprocess.run(  # noqa: S603 - an operator's or a test's own words
            [*self.command("rabbitmqctl"), *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OpsError(f"rabbitmqctl {' '.join(arguments)} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    @property
    def _log(self) -> Path:
        return self._directory / "output.log"

    def _require_ports(self) -> None:
        for port, use in ((self._amqp_port, "AMQP"), (self._management_port, "management")):
            if not is_free(port):
                raise OpsError(
                    f"RabbitMQ cannot have its {use} port {port}: {holder(port) or 'somebody'} listens there"
                )

    def _write_files(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        rabbitmq_config.write(self._data, amqp_port=self._amqp_port, management_port=self._management_port)
        ports = self._directory / "ports"
        if self._membership:
            self._membership.write(self._data)
            ports.write_text(f"{self._membership.distribution_port} {self._membership.names_port}\n")
        elif not ports.exists() or not all(is_free(port) for port in self._ports()):
            ports.write_text(f"{free_port()} {free_port()}\n")

    def _ports(self) -> tuple[int, int]:
        distribution, names = (self._directory / "ports").read_text().split()
        return int(distribution), int(names)

    def _start_broker(self) -> None:
        pid_file = self._data / "rabbitmq.pid"
        pid_file.unlink(missing_ok=True)
        self._shell.write(spawn(self.command("rabbitmq-server"), log=self._log, environment=self._environment()))
        if not wait_until(lambda: self._adopt(pid_file) or self._shell.pid is None, _START_SECONDS) or not self.pid:
            self._give_up()

    def command(self, program: str) -> list[str]:
        """Return what runs one of the broker's programs."""
        if self._root:
            return self._root.command(program)
        return [_find(program)]

    def _environment(self) -> dict[str, str]:
        here = self._root.inside(self._directory) if self._root else self._directory
        distribution, names = self._ports()
        return {
            "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin") + ":/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "HOME": str(here),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_MNESIA_BASE": str(here / "mnesia"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_PID_FILE": str(here / "rabbitmq.pid"),
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(here / "empty.conf"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
        }

    def _adopt(self, pid_file: Path) -> bool:
        with suppress(OSError, ValueError):
            self._broker.write(int(pid_file.read_text()))
        return self.pid is not None

    def _serves(self) -> bool:
        with suppress(httpx.HTTPError):
            url = f"{self.management_url}/api/health/checks/port-listener/{self._amqp_port}"
            return httpx.get(url, timeout=5).is_success and answers(self._amqp_port)
        return False

    def _give_up(self) -> None:
        self.stop()
        raise OpsError(f"RabbitMQ did not start; the end of {self._log}:\n{last_words(self._log)}")


def _find(program: str) -> str:
    return find(program, of="RabbitMQ", places=_PROGRAMS)


def is_installed() -> bool:
    """Tell whether this machine has the programs of a broker."""
    with suppress(OpsError):
        return bool(_find("rabbitmq-server") and _find("epmd"))
    return False
