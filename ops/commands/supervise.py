"""``orderfleet supervise``: what `up` leaves behind."""

import os

import click

from ops import places, stack
from ops.fleet import WORKERS, programs
from ops.local import settings as local
from ops.supervisor import Supervisor
from workers.runtime import logs


def parse(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, int]:
    """Read ``room=count`` pairs."""
    counts: dict[str, int] = {}
    for pair in pairs:
        room, _sign, count = pair.partition("=")
        if room not in WORKERS or not count.isdecimal() or int(count) < 1:
            raise click.BadParameter(f"{pair!r} is not ROOM=COUNT; rooms are {', '.join(WORKERS)}")
        counts[room] = int(count)
    return counts


scale_option = click.option(
    "--scale", multiple=True, metavar="ROOM=COUNT", callback=parse, help="Run so many workers of a room. [default: 1]"
)


@click.command(hidden=True)
@scale_option
def command(scale: dict[str, int]) -> None:
    """Keep the local stack's programs alive, in the foreground."""
    logs.configure(local.settings(), process="supervisor")
    stack.supervisor().write(os.getpid())
    Supervisor(
        programs(scale, catches_mail=stack.catches_mail()),
        logs=places.logs(),
        state=places.fleet() / "state.json",
    ).run()
