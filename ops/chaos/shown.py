"""A verdict for a terminal, and verdicts for a page."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from ops.chaos.verdict import Recovery, Verdict


def show(verdict: Verdict, console: Console) -> None:
    """Print a verdict."""
    console.print(_summary(verdict))
    console.print(_recoveries(verdict))
    for name, examples in verdict.examples.items():
        for example in examples:
            console.print(f"[red]{name}[/red]: {example}", highlight=False, soft_wrap=True)
    for name, count in verdict.waiting.items():
        console.print(f"[red]still waiting[/red]: {name} {count}", highlight=False)
    words = "[green]every promise was kept[/green]" if verdict.ok else "[red]promises were broken[/red]"
    console.print(f"{words}; repeat with --seed {verdict.seed}", highlight=False)


def markdown(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as a page's tables: a run a column, and the times to recover of all together."""
    heads = ["", *(f"seed {verdict.seed}" for verdict in verdicts)]
    rows = [[name, *(row[1] for row in column)] for name, column in _columns(verdicts)]
    kinds = [[each.kind, f"{each.times}", *_seconds(each)] for each in _together(verdicts)]
    return "\n".join(
        [*_lines(heads, rows), "", *_lines(["fault", "times", "median s", "longest s", "never"], kinds), ""]
    )


def _columns(verdicts: Sequence[Verdict]) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    columns = [_facts(verdict) for verdict in verdicts]
    for rows in zip(*columns, strict=True):
        yield rows[0][0], list(rows)


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    ends = ", ".join(f"{status} {count}" for status, count in verdict.ended.items())
    return [
        ("commit", verdict.commit),
        ("minutes", f"{verdict.minutes:.0f}"),
        ("RabbitMQ nodes", str(verdict.nodes)),
        ("faults", str(verdict.faults)),
        ("orders accepted", str(verdict.accepted)),
        ("orders by where they ended", ends),
        *((name, str(count)) for name, count in verdict.violations),
        ("messages heard", str(verdict.heard)),
        ("duplicates on the wire", str(verdict.duplicates)),
        ("copies that chaos sent", str(verdict.copies)),
        ("seconds until calm", f"{verdict.calm_seconds:.0f}"),
        ("an order without faults, in seconds", f"{verdict.baseline_seconds:.1f}"),
    ]


def _together(verdicts: Sequence[Verdict]) -> list[Recovery]:
    kinds = sorted({each.kind for verdict in verdicts for each in verdict.recoveries})
    return [_sum([each for verdict in verdicts for each in verdict.recoveries if each.kind == kind]) for kind in kinds]


def _sum(parts: Sequence[Recovery]) -> Recovery:
    seconds = tuple(each for part in parts for each in part.seconds)
    return Recovery(kind=parts[0].kind, seconds=seconds, never=sum(part.never for part in parts))


def _seconds(recovery: Recovery) -> list[str]:
    return [f"{recovery.median:.1f}", f"{recovery.longest:.1f}", str(recovery.never)]


def _lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _summary(verdict: Verdict) -> Table:
    table = Table("", "verdict", show_header=False)
    bad = {name for name, count in verdict.violations if count}
    for name, value in _facts(verdict):
        table.add_row(name, value, style="red" if name in bad else None)
    for name, count in verdict.answers.items():
        table.add_row(f"customers: {name}", str(count), style="dim")
    return table


def _recoveries(verdict: Verdict) -> Table:
    table = Table("fault", "times", "median s", "longest s", "never")
    for each in verdict.recoveries:
        table.add_row(each.kind, str(each.times), *_seconds(each), style="red" if each.never else None)
    return table
