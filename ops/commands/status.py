"""``orderfleet status``."""

import asyncio
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ops import health, places, stack, state
from ops.dead.offices import opened
from ops.local import settings as local
from ops.screen import console, plain
from ops.state import ChildState
from ops.survey import FleetView, Survey, shown
from workers.runtime.settings import Settings


@click.command()
def command() -> None:
    """Show the programs of the local stack, every queue and every process: exit code 0 when all are well, else 1.

    This asks the programs, RabbitMQ and the databases themselves; it needs no gateway, and no stack that runs here.
    """
    settings, screen = local.settings(), console()
    programs_are_well = _show_programs(settings, screen)
    fleet = asyncio.run(_look(settings))
    _show_fleet(fleet, screen)
    raise SystemExit(0 if programs_are_well and fleet.status == "up" else 1)


def _show_programs(settings: Settings, screen: Console) -> bool:
    pid = stack.supervisor().pid
    if pid is None:
        screen.print("Orderfleet is not up here")
        return False
    children = state.read(places.fleet() / "state.json").children
    screen.print(f"supervisor {pid}, gateway {health.gateway_url(settings)}")
    well = [health.is_well(child, settings) for child in children]
    screen.print(_table(children, well))
    for child in children:
        for line in health.waits(child, settings):
            screen.print(plain(child.name, "yellow"), plain(line))
    screen.print("every worker serves /health/ready and /metrics on its port")
    return bool(children) and all(well)


async def _look(settings: Settings) -> FleetView:
    async with opened(settings) as offices:
        survey = Survey(offices.room, settings)
        try:
            return await survey.look()
        finally:
            await survey.close()


def _show_fleet(fleet: FleetView, screen: Console) -> None:
    for problem in fleet.problems:
        screen.print(Text.assemble(plain("unknown", "red"), plain(f": {problem}")), soft_wrap=True)
    if all(queue.ready is None and queue.paused is None for queue in fleet.queues):
        return
    screen.print(shown.queues(fleet))
    on_ladder = ", ".join(f"{rung.name} {rung.messages}" for rung in fleet.rungs if rung.messages)
    if on_ladder:
        screen.print(f"on the ladder: {on_ladder}")
    if fleet.processes:
        screen.print(shown.processes(fleet))


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
