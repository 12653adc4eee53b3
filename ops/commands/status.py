"""``orderfleet status``."""

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from ops import health, places, stack, state
from ops.local import settings as local
from ops.state import ChildState


@click.command()
def command() -> None:
    """Show the programs of the local stack: exit code 0 when all are well, else 1."""
    settings, pid = local.settings(), stack.supervisor().pid
    if pid is None:
        click.echo("Orderfleet is not up")
        raise SystemExit(1)
    children = state.read(places.fleet() / "state.json").children
    console = Console()
    console.print(f"supervisor {pid}, gateway {health.gateway_url(settings)}")
    well = [health.is_well(child, settings) for child in children]
    console.print(_table(children, well))
    console.print("every worker serves /health/ready and /metrics on its port")
    raise SystemExit(0 if children and all(well) else 1)


def _table(children: tuple[ChildState, ...], well: list[bool]) -> Table:
    table = Table("program", "pid", "health", "restarts", "for", "last exit", "port")
    for child, fine in zip(children, well, strict=True):
        table.add_row(
            child.name,
            str(child.pid or "-"),
            "ready" if fine else _reason(child),
            str(child.restarts),
            _age(child),
            child.last_exit or "",
            str(child.health_port or ""),
            style=None if fine else "red",
        )
    return table


def _reason(child: ChildState) -> str:
    return "not ready" if child.pid else f"starts again in {child.starts_in or 0:.0f} s"


def _age(child: ChildState) -> str:
    return str(datetime.now(UTC) - child.since).partition(".")[0] if child.since else ""
