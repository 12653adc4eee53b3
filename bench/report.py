"""The table, for a person, and ``bench/latest.json``, for everybody else."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench import figures
from bench.also.backlog import Backlog
from bench.arithmetic import Spread, spread
from bench.contenders.base import Load
from bench.figures import Result, Run

Runs = Mapping[str, Sequence[Run]]
"""All rounds, by contender."""


def latest(runs: Runs, load: Load) -> dict[str, object]:
    """Return the content of ``bench/latest.json``: contenders by name, and beside them how it was measured."""
    results: dict[str, object] = {name: figures.result(rounds) for name, rounds in runs.items() if rounds}
    return {**results, "measured": _measured(runs, load)}


def write(runs: Runs, load: Load, path: Path) -> None:
    """Write it."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(latest(runs, load))) + b"\n")


def show(runs: Runs, console: Console) -> None:
    """Print medians with their ranges, where the CPU goes, and how Orderfleet compares."""
    console.print(_speeds(runs))
    console.print(_costs(runs))
    console.print(_memory(runs))
    for line in comparison({name: figures.result(rounds) for name, rounds in runs.items() if rounds}):
        console.print(line)


def show_backlog(found: Mapping[int, Sequence[Backlog]], console: Console) -> None:
    """Print what an order costs when so many messages wait."""
    table = Table(title="CPU milliseconds per order, by messages waiting")
    for heading in ("waiting", "all", "by kind, last round"):
        table.add_column(heading)
    for waiting, rounds in found.items():
        kinds = ", ".join(f"{kind} {ms:.2f}" for kind, ms in rounds[-1].cpu_ms.items())
        table.add_row(f"{waiting:,}", _shown(spread([each.cpu_ms_per_order for each in rounds]), 2), kinds)
    console.print(table)


def show_starts(found: Mapping[str, Sequence[float]], console: Console) -> None:
    """Print how long workers take to be ready."""
    table = Table(title="seconds until a worker is ready")
    table.add_column("worker")
    table.add_column("seconds", justify="right")
    for name, rounds in found.items():
        table.add_row(name, _shown(spread(rounds), 2))
    console.print(table)


def comparison(results: Mapping[str, Result]) -> list[str]:
    """Say how Orderfleet compares with each of the others, as far as both were measured."""
    ours = results.get("orderfleet")
    if ours is None:
        return []
    lines = [
        f"orderfleet completes {_times(ours.completed_per_s, other.completed_per_s)} the orders of {name}"
        for name, other in results.items()
        if name in ("faststream", "celery")
    ]
    own = _times(ours.cpu_ms_per_order, ours.server_cpu_ms_per_order)
    lines.append(f"an order costs {own} the CPU that broker and database use of it")
    if floor := results.get("infrastructure"):
        share = _times(ours.cpu_ms_per_order, floor.cpu_ms_per_order)
        lines.append(f"an order costs {share} the CPU of the floor, the cheapest client that we could make")
    return lines


def _speeds(runs: Runs) -> Table:
    table = Table(title="completed orders, and how long one takes at a trickle")
    for heading in ("contender", "completed/s", "p50 ms", "p95 ms", "p99 ms", "POST p50 ms", "never", "others' CPU"):
        table.add_column(heading, justify="left" if heading == "contender" else "right")
    for name, rounds in runs.items():
        spreads = figures.spreads(rounds)
        latencies = [_shown(spreads[f"{share}_ms_light"], 1) for share in ("p50", "p95", "p99")]
        posts = [run.full.crowd.p50_ms for run in rounds if run.full.crowd]
        never = sum(run.full.never_completed for run in rounds)
        strangers = max(run.full.strangers for run in rounds)
        post = f"{min(posts):.0f}-{max(posts):.0f}" if posts else ""
        table.add_row(name, _shown(spreads["completed_per_s"], 0), *latencies, post, str(never), f"{strangers:.0%}")
    return table


def _costs(runs: Runs) -> Table:
    kinds = list(dict.fromkeys(kind for rounds in runs.values() for run in rounds for kind in run.full.cpu_ms))
    table = Table(title="CPU milliseconds per order")
    table.add_column("contender")
    for kind in ("all", *kinds):
        table.add_column(kind, justify="right")
    for name, rounds in runs.items():
        by_kind = figures.result(rounds).cpu_ms_by_kind
        cells = [f"{by_kind[kind]:.2f}" if kind in by_kind else "" for kind in kinds]
        table.add_row(name, _shown(figures.spreads(rounds)["cpu_ms_per_order"], 2), *cells)
    return table


def _memory(runs: Runs) -> Table:
    table = Table(title="peak resident MB")
    for heading in ("contender", "largest worker", "every process, last round"):
        table.add_column(heading)
    for name, rounds in runs.items():
        every = ", ".join(f"{process} {peak:.0f}" for process, peak in rounds[-1].rss_mb.items())
        table.add_row(name, _shown(figures.spreads(rounds)["max_worker_rss_mb"], 0), every)
    return table


def _shown(figure: Spread, digits: int) -> str:
    middle = f"{figure.median:.{digits}f}"
    if figure.least == figure.most:
        return middle
    return f"{middle} ({figure.least:.{digits}f}-{figure.most:.{digits}f})"


def _times(one: float | None, other: float | None) -> str:
    return f"{one / other:.2f} times" if one and other else "an unknown multiple of"


def _measured(runs: Runs, load: Load) -> dict[str, object]:
    every = [run for rounds in runs.values() for run in rounds]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "rounds": max((len(rounds) for rounds in runs.values()), default=0),
        "seconds": load.seconds,
        "connections": load.connections,
        "light_rate": load.light_rate,
        "others_cpu_share": round(max((run.full.strangers for run in every), default=0), 3),
    }
