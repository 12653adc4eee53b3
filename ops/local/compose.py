"""The broker and the database of ``compose.yaml``, when a container engine answers."""

import json
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from ops.errors import OpsError

_FILE = "compose.yaml"
_ANSWER_SECONDS = 20
_START_SECONDS = 600


def answers(root: Path) -> bool:
    """Tell whether there is a compose file, a plugin to read it, and an engine to run it."""
    if shutil.which("docker") is None or not (root / _FILE).exists():
        return False
    return _succeeds(["docker", "compose", "version"]) and _succeeds(["docker", "info"])


def running(root: Path) -> frozenset[str]:
    """Return the services that run already."""
    done = _compose(root, "ps", "--format", "json", "--status", "running", seconds=_ANSWER_SECONDS)
    text = done.stdout.strip()
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    return frozenset(row["Service"] for row in rows)


def start(root: Path, services: Collection[str]) -> None:
    """Start services and wait until they are healthy.

    Raises:
        OpsError: when one does not come up.
    """
    done = _compose(root, "up", "-d", "--wait", *services, seconds=_START_SECONDS)
    if done.returncode:
        raise OpsError(f"docker compose could not start {' and '.join(services)}: {done.stderr.strip()[-600:]}")


def stop(root: Path, services: Collection[str]) -> None:
    """Stop services; their volumes stay."""
    if services:
        _compose(root, "rm", "--stop", "--force", *services, seconds=_START_SECONDS)


def _compose(root: Path, *words: str, seconds: float) -> subprocess.CompletedProcess[str]:
    command = ["docker", "compose", "-f", str(root / _FILE), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise OpsError(f"docker compose {words[0]} did not end within {seconds:.0f} s") from error


def _succeeds(command: list[str]) -> bool:
    try:
        return not subprocess.run(command, capture_output=True, check=False, timeout=_ANSWER_SECONDS).returncode  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
