"""``orderfleet mailcatcher``."""

import asyncio

import click

from ops import mail, places
from ops.local.settings import load


@click.command()
def command() -> None:
    """Take every mail of the local stack, and keep it as a file in .fleet/mail/."""
    asyncio.run(mail.catch(places.fleet() / "mail", load().smtp_port))
