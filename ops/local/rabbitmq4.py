"""RabbitMQ 4 beside an installed 3: Debian 13's package in a root directory of its own, run by chroot."""

import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from ops import places
from ops.errors import OpsError

_SETTING = "ORDERFLEET_RABBITMQ4_ROOT"
_RELEASE = "trixie"
_TOOLS = ("debootstrap", "chroot", "unshare")
_PATH = "/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The broker reads its own memory use from /proc.
_ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
_INSTALL = """
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends rabbitmq-server
apt-get clean
"""


class Root:
    """A Debian 13 in a directory: ``.fleet/rabbitmq4-root``, or where ``ORDERFLEET_RABBITMQ4_ROOT`` says."""

    def __init__(self) -> None:
        self._path = Path(os.environ.get(_SETTING) or places.fleet() / "rabbitmq4-root").absolute()

    def require(self, say: Callable[[str], None]) -> None:
        """Make the root, unless it is there.

        Raises:
            OpsError: when it cannot be made here, saying what is missing.
        """
        if os.geteuid() != 0:
            raise OpsError("RabbitMQ 4 runs by chroot, and that takes root: run as root")
        if self._is_ready():
            return
        say(f"installing RabbitMQ 4 into {self._path}; this takes a minute")
        self._bootstrap(say)
        self._write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n").chmod(0o755)
        shutil.copyfile("/etc/resolv.conf", self._path / "etc/resolv.conf")
        _run(["chroot", str(self._path), "sh", "-eu", "-c", _INSTALL], "install RabbitMQ 4 there")
        self._write("etc/hosts", "127.0.0.1 localhost\n")

    def outside(self, directory: Path) -> Path:
        """Return where a broker that belongs to ``directory`` keeps its data, as the machine sees it."""
        return self._path / self.inside(directory).relative_to("/")

    def inside(self, directory: Path) -> Path:
        """Return the same place, as the broker sees it."""
        return Path("/srv") / sha256(str(directory).encode()).hexdigest()[:12]

    def command(self, program: str) -> list[str]:
        """Return the command that runs ``program`` in the root, with a /proc that goes when the program does."""
        return ["unshare", "--mount", "sh", "-c", _ENTER, str(self._path), "env", f"PATH={_PATH}", program]

    def _is_ready(self) -> bool:
        return (self._path / "usr/lib/rabbitmq/bin/rabbitmq-server").exists() and (self._path / "etc/hosts").exists()

    def _bootstrap(self, say: Callable[[str], None]) -> None:
        finished = self._path / ".bootstrapped"
        if finished.exists():
            return
        _require_tools(say)
        shutil.rmtree(self._path, ignore_errors=True)
        self._path.mkdir(parents=True)
        command = ["debootstrap", "--variant=minbase", _RELEASE, str(self._path), *_mirror()]
        _run(command, f"make a Debian {_RELEASE} in {self._path}")
        finished.touch()

    def _write(self, name: str, content: str) -> Path:
        path = self._path / name
        path.write_text(content)
        return path


def _require_tools(say: Callable[[str], None]) -> None:
    if all(shutil.which(tool) for tool in _TOOLS):
        return
    say("installing debootstrap")
    if shutil.which("apt-get") is None:
        raise OpsError("RabbitMQ 4 beside another needs debootstrap: install it, then try again")
    _run(["sh", "-c", "apt-get update -qq && apt-get install -qq -y --no-install-recommends debootstrap"], "install it")


def _mirror() -> list[str]:
    """Return the Debian archive that this machine uses already; debootstrap knows one by itself."""
    if shutil.which("apt-get") is None:
        return []
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()  # noqa: S603
    return [uri for uri in found if uri.rstrip("/").endswith("/debian")][:1]


def _run(command: list[str], what: str) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        raise OpsError(f"could not {what}: {(done.stderr or done.stdout).strip()[-800:]}")
