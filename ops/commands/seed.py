"""``orderfleet seed``."""

import asyncio

import click

from ops import seed
from ops.local.settings import settings


@click.command()
def command() -> None:
    """Put a small catalogue, agents, a user and a draft into the databases, unless they are there."""
    asyncio.run(seed.sow(settings()))
    click.echo(f"{len(seed.PRODUCTS)} products, {len(seed.AGENTS)} agents, a user and a draft are there")
