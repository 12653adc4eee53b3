"""``orderfleet migrate``."""

import click

from ops import migrate
from ops.local.settings import settings
from workers.runtime.settings import OPERATIONS, ROOMS


@click.command()
@click.option("--new", nargs=2, metavar="ROOM WORDS", help="Begin a new migration instead, in words.")
def command(new: tuple[str, str] | None) -> None:
    """Bring every database up to date."""
    if new is None:
        migrate.upgrade(settings())
        click.echo("every database is up to date")
        return
    room, words = new
    if room not in ("post", OPERATIONS, *ROOMS):
        there = ", ".join(("post", OPERATIONS, *ROOMS))
        raise click.BadParameter(f"{room!r} is no room; there are {there}", param_hint="--new")
    click.echo(f"write it in {migrate.new(room, words)}")
