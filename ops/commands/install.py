"""``orderfleet install``."""

import click

from ops import servers
from ops.local.rabbitmq4 import Root


@click.command()
@click.option("--rabbitmq", type=click.Choice(["3", "4"]), default="3", help="4: Debian 13's, beside an installed one.")
def command(rabbitmq: str) -> None:
    """Install the programs of a broker and a database, unless they are there."""
    servers.require_installed(servers.SERVERS, click.echo)
    if rabbitmq == "4":
        Root().require(click.echo)
