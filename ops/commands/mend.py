"""``orderfleet mend``."""

import asyncio

import click

from ops import mend
from ops.errors import OpsError
from ops.local.settings import settings
from workers.runtime.database import is_outage
from workers.runtime.verdict import describe


@click.command()
@click.option(
    "--minutes", type=click.FloatRange(min=0), default=60, show_default=True, help="Go back so far; open orders always."
)
def command(minutes: float) -> None:
    """Say again all that was said of recent and open orders, after a queue or a binding was deleted."""
    try:
        said = asyncio.run(mend.say_again(settings(), minutes=minutes))
    except Exception as error:
        if is_outage(error):
            raise OpsError(f"a database cannot be reached: {describe(error)}") from error
        raise
    click.echo(f"{said.messages} messages about {said.orders} orders wait for the relay")
    click.echo("whoever heard one before does nothing; `orderfleet audit` tells what is still missing")
