"""``orderfleet up``."""

import click

from ops import stack
from ops.commands.supervise import scale_option
from ops.health import gateway_url


@click.command()
@scale_option
def command(scale: dict[str, int]) -> None:
    """Bring up broker, database, gateway, relay and workers, and return when all are healthy."""
    up = stack.up(click.echo, scale)
    gateway, management = gateway_url(up.settings), up.settings.management_url.rpartition("@")[2]
    click.echo(f"Orderfleet is up: {gateway} (docs: {gateway}/docs)")
    click.echo(f"RabbitMQ management: http://{management} (orderfleet / orderfleet)")
    click.echo("`orderfleet status` shows it, `orderfleet logs -f` follows it, `make down` stops it")
