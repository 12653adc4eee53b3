"""``orderfleet resume``."""

import click

from ops.dead.running import run
from ops.pausing import require, resume


@click.command()
@click.argument("queue")
def command(queue: str) -> None:
    """Have the workers go on with QUEUE."""
    require(queue)
    run(lambda offices: resume(offices.room, queue))
    click.echo(f"{queue} goes on")
