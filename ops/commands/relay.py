"""``orderfleet relay``."""

import sys

import click

from ops.local.settings import settings
from workers.fleet import fleet_topology
from workers.relay import main


@click.command()
def command() -> None:
    """Carry outboxes to the broker."""
    sys.exit(main.run(settings(), heard=fleet_topology().heard))
