"""``orderfleet worker``."""

import sys

import click

from ops.fleet import DEAD, WORKERS, workers_of
from ops.local.settings import settings
from ops.supervisor import Supervisor
from workers.dead import main as dead
from workers.fleet import ROOMS, fleet_topology
from workers.runtime import logs, worker
from workers.runtime.settings import Settings


@click.command()
@click.argument("room", type=click.Choice(WORKERS), metavar="ROOM")
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True, help="Run so many of them.")
@click.option("--queues", default="", metavar="NAME[,NAME...]", help="Take only these queues of the room.")
def command(room: str, processes: int, queues: str) -> None:
    """Handle the messages of ROOM; those of `dead` are the dead letters of all."""
    given, wanted = settings(), [name for name in queues.split(",") if name]
    if processes > 1:
        logs.configure(given, process=f"{room}.supervisor")
        options = ["--queues", queues] if wanted else []
        sys.exit(Supervisor(workers_of(room, processes, options)).run())
    try:
        sys.exit(_run(room, given, wanted))
    except worker.UnknownQueueError as error:
        raise click.BadParameter(str(error), param_hint="--queues") from None


def _run(room: str, given: Settings, queues: list[str]) -> int:
    topology = fleet_topology()
    if room == DEAD:
        return dead.run(given, dead=topology.dead, queues=queues)
    return worker.run(ROOMS[room], given, heard=topology.heard, queues=queues)
