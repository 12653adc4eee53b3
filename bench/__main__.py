"""``python -m bench``: measures what is asked for, prints it, and writes it down."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from signal import SIGTERM, signal
from types import FrameType

import click
from rich.console import Console

from bench import measuring, options, places, programs, report, servers
from bench.also import backlog as waiting
from bench.also import starting, variants
from bench.also import stored as storing
from bench.also.variants import Variants
from bench.contenders import CONTENDERS
from bench.contenders.base import Load
from bench.load import crowd
from bench.servers import Servers
from ops.errors import OpsError

_WIDTH = 160


@click.group()
def main() -> None:
    """Measure Orderfleet."""


@main.command()
@options.measuring
@click.option("--only", default=",".join(CONTENDERS), metavar="NAME[,NAME...]", help="Measure only these contenders.")
@click.option("--draw", is_flag=True, help="Draw the chart for the docs.")
def compare(load: Load, rounds: int, only: str, *, draw: bool) -> None:
    """Measure Orderfleet and its peers, in turn, and write bench/latest.json."""
    names = [name for name in only.split(",") if name]
    if unknown := set(names) - set(CONTENDERS):
        raise click.BadParameter(f"{min(unknown)}; there are {', '.join(CONTENDERS)}", param_hint="--only")
    with _servers() as running:
        runs = measuring.rounds({name: (CONTENDERS[name], load) for name in names}, running, rounds, _say)
    report.show(runs, _console())
    if set(names) == set(CONTENDERS):
        report.write(runs, load, places.LATEST)
        _say(f"written to {places.LATEST.relative_to(places.ROOT)}")
    if draw:
        from bench import chart  # noqa: PLC0415 - it takes a second to import, and few want it

        chart.draw(runs, places.CHART)
        _say(f"drawn to {places.CHART.relative_to(places.ROOT)}")


@main.command()
@options.measuring
@click.argument("peer", type=click.Choice(["faststream", "celery"]))
def tune(load: Load, rounds: int, peer: str) -> None:
    """Measure a peer with several numbers of processes and several prefetches."""
    _measure(variants.tuning(peer, load), rounds)


@main.command()
@options.measuring
def processes(load: Load, rounds: int) -> None:
    """Measure Orderfleet with one, two and three workers a room."""
    _measure(variants.processes(load), rounds)


@main.command()
@options.measuring
def hot(load: Load, rounds: int) -> None:
    """Measure Orderfleet with one product that everybody wants, and 16 stock workers."""
    _measure(variants.hot(load), rounds)


@main.command()
@options.measuring
def start(load: Load, rounds: int) -> None:
    """Measure how long each of Orderfleet's workers takes to be ready."""
    with _servers() as running:
        found = starting.measure(running, load, rounds)
    report.show_starts(found, _console())


@main.command()
@options.measuring
@click.option("--sizes", default=",".join(map(str, storing.SIZES)), show_default=True, metavar="N[,N...]")
def stored(load: Load, rounds: int, sizes: str) -> None:
    """Measure Orderfleet with more and more orders stored."""
    wanted = options.sizes(sizes)
    with _servers() as running:
        runs = storing.measure(running, load, rounds, wanted, _say)
    report.show(runs, _console())


@main.command()
@options.measuring
@click.option("--sizes", default=",".join(map(str, waiting.SIZES)), show_default=True, metavar="N[,N...]")
def backlog(load: Load, rounds: int, sizes: str) -> None:
    """Measure Orderfleet with more and more messages waiting."""
    wanted = options.sizes(sizes)
    with _servers() as running:
        found = waiting.measure(running, load, rounds, wanted, _say)
    report.show_backlog(found, _console())


def _measure(wanted: Variants, rounds: int) -> None:
    with _servers() as running:
        runs = measuring.rounds(wanted, running, rounds, _say)
    report.show(runs, _console())


@contextmanager
def _servers() -> Iterator[Servers]:
    try:
        with _alone(), servers.running(_say) as running:
            crowd.require_wrk(_say)
            yield running
    except (OpsError, programs.ProgramEnded) as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other bench measure meanwhile, end what a killed one left behind, and unwind on SIGTERM as on Ctrl-C."""

    def leave(_: int, __: FrameType | None) -> None:
        sys.exit(128 + SIGTERM)

    with (places.home() / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise OpsError("another bench is measuring: its figures and yours would both be worth nothing") from None
        signal(SIGTERM, leave)
        programs.sweep()
        yield


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDTH)


def _say(what: str) -> None:
    click.echo(f"bench: {what}")


if __name__ == "__main__":
    main()
