"""``orderfleet chaos``."""

import random
import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console

from ops import places
from ops.chaos import shown
from ops.chaos.story import run
from ops.chaos.verdict import Verdict
from ops.chaos.wanted import Release, Wanted
from ops.commands.supervise import scale_option
from ops.errors import OpsError

_MINUTES = 5
_WIDTH = 120  # where there is no terminal to ask


@click.command()
@click.option("--seed", type=click.IntRange(min=0), help="Repeat the plan of an earlier run. [default: any]")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    help="Break things for so long. [default: 5, or until there was what else is asked for]",
)
@click.option("--faults", type=click.IntRange(min=0), help="Break at least so many things.", default=0)
@click.option("--orders", type=click.IntRange(min=0), default=0, help="Take at least so many orders.")
@click.option("--rate", type=click.FloatRange(min=0.1), default=30, show_default=True, help="Orders a second.")
@click.option("--kind", "kinds", multiple=True, metavar="WORD", help="Only faults whose kind has this word.")
@click.option("--patience", type=click.FloatRange(min=0), default=900, show_default=True, help="Wait so long for calm.")
@click.option("--cluster", is_flag=True, help="Three RabbitMQ nodes, and what only they can go through.")
@click.option("--rabbitmq", "release", type=click.Choice(["3", "4"]), default="3", show_default=True)
@click.option("--keep", is_flag=True, help="Leave its logs and data, also when every promise was kept.")
@click.option("--home", type=click.Path(path_type=Path), help="Where its stack lives. [default: .fleet/chaos]")
@click.option("--output", type=click.Path(path_type=Path), help="Write the verdict as JSON.")
@click.option("--markdown", is_flag=True, help="Print tables for a page, of this run or of VERDICTS.")
@click.argument("verdicts", nargs=-1, type=click.Path(path_type=Path, exists=True))
@scale_option
def command(
    *,
    seed: int | None,
    minutes: float | None,
    faults: int,
    orders: int,
    rate: float,
    kinds: tuple[str, ...],
    patience: float,
    cluster: bool,
    release: Release,
    keep: bool,
    home: Path | None,
    output: Path | None,
    markdown: bool,
    verdicts: tuple[Path, ...],
    scale: dict[str, int],
) -> None:
    """Break a stack of its own in every way there is, under load: exit code 0 when every promise is kept, else 1.

    With VERDICTS, files that --output wrote, nothing is run: they are shown together.
    """
    if verdicts:
        click.echo(shown.markdown([_read(path) for path in verdicts]))
        return
    wanted = Wanted(
        home=(home or places.fleet() / "chaos").absolute(),
        seed=random.randrange(2**32) if seed is None else seed,  # noqa: S311 - chance that can be repeated
        minutes=minutes if minutes is not None else 0 if faults or orders else _MINUTES,
        faults=faults,
        orders=orders,
        rate=rate,
        patience=patience,
        scale=scale,
        cluster=cluster,
        release=release,
        keep=keep,
        kinds=kinds,
    )
    click.echo(f"seed {wanted.seed}")
    verdict = run(wanted, click.echo)
    if output:
        output.write_bytes(msgspec.json.format(msgspec.json.encode(verdict)))
    if markdown:
        click.echo(shown.markdown([verdict]))
    else:
        shown.show(verdict, _console())
    sys.exit(0 if verdict.ok else 1)


def _read(path: Path) -> Verdict:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Verdict)
    except msgspec.MsgspecError as error:
        raise OpsError(f"{path} is no verdict: {error}") from error


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)
