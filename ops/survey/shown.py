"""A look at the fleet, as tables for a terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.table import Column, Table

from ops.screen import plain
from ops.survey.views import FleetView, ProcessView, QueueView, WaitView

MIB = 2**20
_UNITS = ((86_400, "days"), (3600, "h"), (60, "min"))


def queues(fleet: FleetView) -> Table:
    """Show every queue, and why its messages wait."""
    waiting = _waiting(fleet)
    table = Table("queue", *map(_right, ("ready", "unacked", "rate/s", "consumers", "retrying", "dead")), "waits for")
    for queue in fleet.queues:
        numbers = (queue.ready, queue.unacked, queue.rate, queue.consumers, queue.retrying, queue.dead)
        why = _why(queue, waiting)
        table.add_row(
            plain(queue.name),
            *map(_number, numbers),
            plain(why),
            style="red" if queue.dead else "yellow" if why else None,
        )
    return table


def processes(fleet: FleetView) -> Table:
    """Show every process, and those that have fallen silent."""
    table = Table("process", "host", *map(_right, ("pid", "busy", "MiB")), "for", "seen")
    for each in fleet.processes:
        numbers = (str(each.pid), f"{each.busy:.0%}", f"{each.memory / MIB:.0f}")
        seen = f"gone, silent for {_since(each.seen)}" if each.gone else f"{_since(each.seen)} ago"
        table.add_row(
            each.room, plain(each.host), *numbers, _since(each.started), seen, style="red" if each.gone else None
        )
    return table


def reason(wait: WaitView) -> str:
    """Say in a line what is waited for."""
    said = ": ".join(part for part in (wait.error, wait.by, wait.why) if part)
    return f"{wait.what} for {_since(wait.since)}{': ' if said else ''}{said}"


def _right(name: str) -> Column:
    return Column(name, justify="right")


def _waiting(fleet: FleetView) -> dict[str, list[WaitView]]:
    """Gather by queue what processes that live wait for; each thing once, since it began."""
    found: dict[str, dict[str, WaitView]] = {}
    for wait in _waits(fleet.processes):
        known = found.setdefault(wait.part, {}).setdefault(wait.what, wait)
        if wait.since < known.since:
            found[wait.part][wait.what] = wait
    return {part: list(waits.values()) for part, waits in found.items()}


def _waits(processes: Sequence[ProcessView]) -> Iterable[WaitView]:
    return (wait for process in processes if not process.gone for wait in process.waiting)


def _why(queue: QueueView, waiting: dict[str, list[WaitView]]) -> str:
    waits = [wait for wait in waiting.get(queue.name, []) if wait.what != "pause"]
    if queue.pause:
        pause = queue.pause
        waits.insert(
            0, WaitView(part=queue.name, what="pause", since=pause.since, error=None, by=pause.by, why=pause.why)
        )
    return "; ".join(map(reason, waits))


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _since(moment: datetime) -> str:
    seconds = int((datetime.now(UTC) - moment).total_seconds())
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
