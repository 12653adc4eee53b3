"""``orderfleet topology``."""

import asyncio

import click

from ops import topology
from ops.local.settings import settings
from workers.fleet import fleet_topology


@click.command()
def command() -> None:
    """Declare exchanges, queues, bindings and policies."""
    wanted = fleet_topology()
    asyncio.run(topology.declare(settings(), wanted))
    click.echo(
        f"{len(wanted.exchanges)} exchanges, {len(wanted.queues)} queues and {len(wanted.policies)} policies stand"
    )
