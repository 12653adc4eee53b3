"""``orderfleet seed``."""

import asyncio

import click

from ops import seed
from ops.local.settings import settings


@click.command()
def command() -> None:
    """Put a small catalogue, agents and a user into the databases, unless they are there."""
    asyncio.run(seed.sow(settings()))
    click.echo(f"{len(seed.PRODUCTS)} products, {len(seed.AGENTS)} agents and a user are there")
