"""The fleet as real processes, which a test may stop, kill and start again."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from ops.local.ports import free_port
from ops.migrate import upgrade
from ops.topology import declare
from tests.support.waiting import eventually
from workers.fleet import ROOMS, fleet_topology
from workers.runtime.settings import PREFIX, Settings

WORKERS = tuple(ROOMS)
EVERYTHING = (*WORKERS, "relay", "gateway")
PROGRAMS: Mapping[str, Sequence[str]] = {
    **{room: ("-m", "ops", "worker", room) for room in WORKERS},
    "dead": ("-m", "ops", "worker", "dead"),
    "relay": ("-m", "ops", "relay"),
    "gateway": ("-m", "ops", "gateway"),
}


class Process:
    """One process of the fleet."""

    def __init__(self, name: str, command: Sequence[str], settings: Settings, log: Path) -> None:
        self.name = name
        self.port = settings.gateway_port if name == "gateway" else free_port()
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *command], env=_environment(settings, self.port), stdout=output, stderr=output
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self, *, seconds: float = 40) -> int:
        """Wait for the end of the process, and return its exit code."""
        await eventually(lambda: not self.is_running, what=f"the end of {self.name}", seconds=seconds)
        return self._process.returncode

    async def ready(self) -> None:
        """Wait until the process says that it is ready."""
        async with httpx.AsyncClient() as client:
            await eventually(lambda: self._says_ready(client), what=f"{self.name} to be ready", seconds=90)

    def said(self) -> str:
        """Return what the process has logged."""
        return self._log.read_text()

    async def _says_ready(self, client: httpx.AsyncClient) -> bool:
        assert self.is_running, f"{self.name} ended with {self._process.returncode}:\n{self.said()[-2000:]}"
        try:
            return (await client.get(f"http://127.0.0.1:{self.port}/health/ready")).is_success
        except httpx.TransportError:
            return False


class Fleet:
    """The processes of a test, and an HTTP client for its gateway."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self.settings = settings
        self.processes: dict[str, Process] = {}
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.gateway_port}", timeout=30)
        self._directory = directory

    async def start(self, *names: str) -> None:
        """Start processes and wait until they are ready; ``stock.2`` is a second one of its kind."""
        for name in names:
            self._launch(name, PROGRAMS[name.partition(".")[0]])
        await asyncio.gather(*(self.processes[name].ready() for name in names))

    async def crash(self, room: str, point: str) -> None:
        """Run a worker that is killed at one point of a message's life; see ``tests.support.crashing``."""
        self._launch(room, ("-m", "tests.support.crashing", room, point))
        assert await self.processes.pop(room).ended() == -signal.SIGKILL

    def _launch(self, name: str, command: Sequence[str]) -> None:
        assert name not in self.processes, f"{name} runs already"
        self.processes[name] = Process(name, command, self.settings, self._directory / f"{name}.log")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ``orderfleet`` to its end."""
        command, environment = [sys.executable, "-m", "ops", *words], _environment(self.settings, free_port())
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    async def stop(self, *names: str) -> dict[str, int]:
        """Send SIGTERM and return the exit codes."""
        for name in names:
            self.processes[name].signal(signal.SIGTERM)
        return {name: await self.processes.pop(name).ended() for name in names}

    async def kill(self, name: str) -> None:
        """Send SIGKILL."""
        self.processes[name].signal(signal.SIGKILL)
        await self.processes.pop(name).ended()

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        """POST a body that must be accepted, and return the answer."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def get(self, path: str) -> dict[str, Any]:
        """GET something that must be there."""
        answer = await self.http.get(path)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def close(self) -> None:
        """End whatever still runs."""
        await self.http.aclose()
        for process in self.processes.values():
            process.signal(signal.SIGCONT)
            process.signal(signal.SIGTERM)
        for process in self.processes.values():
            await process.ended()


@asynccontextmanager
async def fleet(settings: Settings, directory: Path) -> AsyncIterator[Fleet]:
    """Give a fleet whose gateway has a port of its own, with database and queues ready and no process started."""
    own = msgspec.structs.replace(settings, gateway_port=free_port(), handling_seconds=0, transit_seconds=0)
    await asyncio.to_thread(upgrade, own)
    await declare(own, fleet_topology())
    made = Fleet(own, directory)
    try:
        yield made
    finally:
        await made.close()


class MailBox(MessageHandler):
    """An SMTP server that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[tuple[str, str]] = []

    def handle_message(self, message: Any) -> None:
        self.mails.append((message["X-RcptTo"], message["Subject"]))


@asynccontextmanager
async def mail_server(port: int) -> AsyncIterator[MailBox]:
    """Run an SMTP server on ``port``."""
    box = MailBox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def _environment(settings: Settings, health_port: int) -> dict[str, str]:
    given = {name: value for name, value in msgspec.structs.asdict(settings).items() if value is not None}
    values = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**kept, **values, f"{PREFIX}HEALTH_PORT": str(health_port)}
