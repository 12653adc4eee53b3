"""``orderfleet pause``."""

import click

from ops.dead.running import operator, run
from ops.pausing import pause, require
from workers.runtime.pauses import Pause


@click.command()
@click.argument("queue")
@click.option("--by", default=operator, help="Who does this. [default: you]")
@click.option("--why", help="Why; `orderfleet status` shows it.")
def command(queue: str, by: str, why: str | None) -> None:
    """Have every worker leave QUEUE alone, until `orderfleet resume`; restarts do not end it."""
    require(queue)
    paused: Pause = run(lambda offices: pause(offices.room, queue, by=by, why=why))
    click.echo(f"{queue} is paused since {paused.since:%Y-%m-%d %H:%M:%S} UTC; its messages wait")
