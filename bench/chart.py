"""The chart for the docs: what is completed, and what an order costs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

from bench import figures
from bench.figures import Run

mpl.use("Agg")

import matplotlib.pyplot as plt

_COLOURS = {"broker": "#c98a2b", "database": "#4c78a8"}
_REST = "#9aa5b1"


def draw(runs: Mapping[str, Sequence[Run]], path: Path) -> None:
    """Draw both beside each other."""
    names = [name for name, rounds in runs.items() if rounds]
    results = [figures.result(runs[name]) for name in names]
    figure, (speed, cost) = plt.subplots(1, 2, figsize=(10, 0.7 + 0.6 * len(names)), layout="constrained")
    bars = speed.barh(names, [result.completed_per_s or 0 for result in results], color=_COLOURS["database"])
    speed.bar_label(bars, fmt="%.0f", padding=3)
    speed.set_title("completed orders per second")
    start = [0.0] * len(names)
    for label, widths in _shares(results).items():
        cost.barh(names, widths, left=start, label=label, color=_COLOURS.get(label, _REST))
        start = [left + width for left, width in zip(start, widths, strict=True)]
    for row, whole in enumerate(start):
        cost.annotate(f" {whole:.1f}", (whole, row), va="center")
    cost.set_title("CPU milliseconds per order")
    cost.legend(frameon=False)
    for axes in (speed, cost):
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.15)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _shares(results: Sequence[figures.Result]) -> dict[str, list[float]]:
    servers = {kind: [result.cpu_ms_by_kind.get(kind, 0.0) for result in results] for kind in figures.SERVERS}
    rest = [
        (result.cpu_ms_per_order or 0.0) - sum(servers[kind][row] for kind in figures.SERVERS)
        for row, result in enumerate(results)
    ]
    return {**servers, "everything else": rest}
