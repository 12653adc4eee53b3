"""Timelines as tables, and the sum of it all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ops.demo.kinds import Kind

_BRIEF = 60


def timeline(kind: Kind, order: dict[str, Any], entries: Sequence[Mapping[str, Any]]) -> Table:
    """Return one order's timeline."""
    reason = f", {order['failureReason']}" if order["failureReason"] else ""
    title = f"{kind.name}: order {order['id']}, {_money(order)}, {order['status']}{reason}"
    table = Table(title=title, title_justify="left", title_style="bold", expand=False)
    table.add_column("after", justify="right")
    for heading in ("room", "what happened"):
        table.add_column(heading, no_wrap=True)
    table.add_column("detail", overflow="fold")
    begin = _moment(entries[0]["at"]) if entries else None
    for entry in entries:
        after = (_moment(entry["at"]) - begin).total_seconds() if begin else 0
        table.add_row(f"{after:.3f} s", entry["room"], entry["kind"], Text(_brief(entry["detail"])))
    return table


def summary(
    console: Console, placed: Mapping[str, Kind], complaints: Mapping[str, str], mails: tuple[int, int]
) -> None:
    """Print how many orders of each kind ended as they must, and what is wrong with the others."""
    for kind in dict.fromkeys(placed.values()):
        right = sum(its is kind and order not in complaints for order, its in placed.items())
        console.print(f"{right:>3} of {kind.orders} {kind.name}: {kind.end}", highlight=False)
    console.print(f"{mails[0]:>3} of {mails[1]} mails sent", highlight=False)
    for order, complaint in complaints.items():
        console.print(f"[red]order {order} {complaint}[/red]", highlight=False, soft_wrap=True)


def _money(order: Mapping[str, Any]) -> str:
    return f"{order['total'] / 100:.2f} {order['currency']}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _brief(detail: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in detail.items() if _speaks(name, value))


def _speaks(name: str, value: Any) -> bool:
    return value not in (None, "", []) and not name.endswith(("Id", "At"))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_value(item) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{name} {_value(part)}" for name, part in value.items() if _speaks(name, part))
    text = str(value)
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"
