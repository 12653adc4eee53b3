"""``orderfleet relay``."""

import sys
from functools import partial

import click

from ops.growth import rules
from ops.local.settings import settings
from workers.fleet import fleet_topology
from workers.relay import main


@click.command()
def command() -> None:
    """Carry outboxes to the broker, and clean up behind."""
    given = settings()
    sys.exit(main.run(given, heard=fleet_topology().heard, rules=partial(rules, given)))
