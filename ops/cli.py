"""The ``orderfleet`` command: one file per word under ``ops/commands/``, read only when it is asked for."""

import sys
from importlib import import_module

import click

from ops.errors import OpsError
from workers.runtime.settings import SettingsError

WORDS = (
    "up",
    "down",
    "status",
    "pause",
    "resume",
    "audit",
    "dead",
    "mend",
    "chaos",
    "logs",
    "demo",
    "gateway",
    "worker",
    "relay",
    "mailcatcher",
    "supervise",
    "install",
    "migrate",
    "topology",
    "seed",
)


class Toolbox(click.Group):
    """Finds a command in the module of its name, so that a worker does not carry what the demo needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return every word, in the order of a day's work."""
        return list(WORDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        if cmd_name not in WORDS:
            return None
        command: click.Command = import_module(f"ops.commands.{cmd_name}").command
        return command


@click.group(cls=Toolbox, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="orderfleet")
def cli() -> None:
    """Run and look after an Orderfleet."""


def main() -> None:
    """Run the command line; what an operator has to know is one sentence, and exit code 2."""
    try:
        cli()
    except (OpsError, SettingsError) as error:
        click.echo(f"orderfleet: {error}", err=True)
        sys.exit(2)
