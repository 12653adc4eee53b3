"""``orderfleet logs``."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import click

from ops import places
from ops.errors import OpsError


@click.command()
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Keep printing what is added.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=50, show_default=True, help="Begin so far back.")
def command(name: str | None, *, follow: bool, lines: int) -> None:
    """Print the logs of NAME, or of every program of the local stack."""
    paths = [places.logs() / f"{name}.log"] if name else sorted(places.logs().glob("*.log"))
    if name and not paths[0].exists():
        known = ", ".join(sorted(path.stem for path in places.logs().glob("*.log")))
        raise OpsError(f"there is no log of {name}; there are {known or 'none at all'}")
    streams = {path: path.open("rb") for path in paths}
    for path, stream in streams.items():
        _print(path, _last(stream, lines), alone=len(paths) == 1)
    while follow:
        _follow(streams)


def _follow(streams: Mapping[Path, BinaryIO]) -> None:
    for path, stream in streams.items():
        _print(path, stream.read().splitlines(), alone=len(streams) == 1)
    time.sleep(0.3)


def _print(path: Path, lines: Iterable[bytes], *, alone: bool) -> None:
    for line in lines:
        text = line.decode(errors="replace")
        click.echo(text if alone else f"{path.stem:>14} {text}")


def _last(stream: BinaryIO, lines: int) -> list[bytes]:
    found = stream.read().splitlines()
    return found[-lines:] if lines else []
