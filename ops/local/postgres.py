"""A PostgreSQL of our own: one directory, one port on the local interface, and nobody else's data."""

import os
import pwd
import shutil
import signal
import subprocess
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ops.errors import OpsError
from ops.local.ports import holder, is_free
from ops.local.process import PidFile, last_words, spawn, wait_until
from ops.local.programs import find

_START_SECONDS = 60
_STOP_SECONDS = 60
_SOCKET_PATH_LIMIT = 107
_ACCOUNT = "postgres"
_NAME = "orderfleet"

_INITDB = ("-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8")
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
}


class Postgres:
    """A private database server below ``directory``, with the user, password and database ``orderfleet``.

    PostgreSQL refuses to run as root. Started by root it runs as the user ``postgres``, and its data stands below
    /var/tmp when that user cannot reach ``directory``.
    """

    def __init__(self, directory: Path, *, port: int) -> None:
        self._directory = directory.absolute()
        self._port = port
        self._server = PidFile(self._directory / "postgres.pid")

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"postgresql://{_NAME}:{_NAME}@127.0.0.1:{self._port}/{_NAME}"

    @property
    def pid(self) -> int | None:
        """The server's process, if it runs."""
        return self._server.pid

    @property
    def is_running(self) -> bool:
        """Whether there is anything to stop."""
        return self.pid is not None

    def start(self) -> None:
        """Start the server, unless it runs, and wait until it serves.

        Raises:
            OpsError: when it is not installed, the port is taken, or it does not come up.
        """
        if self.pid is None:
            if not is_free(self._port):
                taker = holder(self._port) or "somebody"
                raise OpsError(f"PostgreSQL cannot have port {self._port}: {taker} listens there")
            self._server.write(self._launch(self._prepare()))
        if not wait_until(lambda: self._serves() or self.pid is None, _START_SECONDS) or self.pid is None:
            self.stop()
            raise OpsError(f"PostgreSQL did not start; the end of {self._log}:\n{last_words(self._log)}")
        self._create_database()

    def stop(self) -> None:
        """Stop the server; transactions under way are rolled back."""
        self._server.end(signal.SIGINT, grace=_STOP_SECONDS)

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._server.end(signal.SIGKILL, grace=10)

    def erase(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        for place in (self._directory, self._elsewhere):
            shutil.rmtree(place, ignore_errors=True)

    @property
    def _log(self) -> Path:
        return self._directory / "output.log"

    @property
    def _elsewhere(self) -> Path:
        return Path("/var/tmp") / f"orderfleet-{sha256(str(self._directory).encode()).hexdigest()[:12]}"  # noqa: S108

    def _prepare(self) -> Path:
        self._directory.mkdir(parents=True, exist_ok=True)
        account = _account()
        place = self._directory / "data"
        if account and not _reachable(self._directory, account):
            place = self._elsewhere / "data"
        if not (place / "PG_VERSION").exists():
            self._initialise(place, account)
        return place

    def _initialise(self, place: Path, account: str | None) -> None:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account:
            shutil.chown(place, account, account)
        password = place.parent / "password"
        password.write_text(f"{_NAME}\n")
        password.chmod(0o644)  # the password of a private server on the local interface, which the README tells too
        try:
            done = subprocess.run(  # noqa: S603 - our own words
                [_find("initdb"), "-D", str(place), "-U", _NAME, f"--pwfile={password}", *_INITDB],
                **_as(account),
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password.unlink()
        if done.returncode:
            shutil.rmtree(place, ignore_errors=True)
            raise OpsError(f"initdb failed: {done.stderr.strip()}")

    def _launch(self, place: Path) -> int:
        sockets = str(place) if len(f"{place}/.s.PGSQL.{self._port}") <= _SOCKET_PATH_LIMIT else ""
        settings = _SETTINGS | {"port": str(self._port), "unix_socket_directories": sockets}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8"}
        command = [_find("postgres"), "-D", str(place), *words]
        return spawn(command, log=self._log, environment=environment, user=_account())

    def _serves(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self._maintenance, connect_timeout=5).close()
            return True
        return False

    def _create_database(self) -> None:
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_NAME))
        with (
            psycopg.connect(self._maintenance, autocommit=True, connect_timeout=5) as connection,
            suppress(psycopg.errors.DuplicateDatabase),
        ):
            connection.execute(create)

    @property
    def _maintenance(self) -> str:
        return self.url.removesuffix(f"/{_NAME}") + "/postgres"


def is_installed() -> bool:
    """Tell whether this machine has the programs of a database server."""
    with suppress(OpsError):
        return bool(_find("postgres") and _find("initdb"))
    return False


def _find(program: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: -_number(place.parent.name))
    return find(program, of="PostgreSQL", places=map(str, places))


def _number(release: str) -> float:
    with suppress(ValueError):
        return float(release)
    return 0


def _account() -> str | None:
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(_ACCOUNT).pw_name
    raise OpsError(f"PostgreSQL refuses to run as root, and there is no user {_ACCOUNT}: run as another user")


def _reachable(directory: Path, account: str) -> bool:
    found = subprocess.run(["test", "-x", str(directory)], check=False, **_as(account))  # noqa: S603, S607
    return found.returncode == 0


def _as(account: str | None) -> dict[str, Any]:
    return {"user": account, "group": account, "extra_groups": [], "cwd": "/"} if account else {"cwd": "/"}
