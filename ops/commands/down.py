"""``orderfleet down``."""

import click

from ops import stack


@click.command()
@click.option("--erase", is_flag=True, help="Delete the private servers' data as well.")
def command(*, erase: bool) -> None:
    """Stop everything that `up` started, also after a crash."""
    stack.down(click.echo)
    if erase:
        stack.erase()
        click.echo("the private servers' data is deleted")
