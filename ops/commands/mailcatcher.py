"""``orderfleet mailcatcher``."""

import asyncio

import click

from ops import places
from ops.errors import OpsError
from ops.local.settings import load


@click.command()
def command() -> None:
    """Take every mail of the local stack, and keep it as a file in .fleet/mail/."""
    try:
        from ops import mail  # noqa: PLC0415 - its SMTP server comes with an extra that only the local stack needs
    except ModuleNotFoundError as error:
        raise OpsError(f"the mail catcher needs {error.name}: install orderfleet[local]") from error
    asyncio.run(mail.catch(places.fleet() / "mail", load().smtp_port))
