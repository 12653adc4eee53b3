"""Watches orders travel until each is at its end, with a bar in a terminal and plain lines elsewhere."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.demo.kinds import Kind
from ops.demo.shop import Shop

ENDS = frozenset({"DELIVERED", "FAILED", "CANCELLED"})
_WAYS = ("PENDING", "RESERVED", "COMPLETED", "IN_TRANSIT", "DELIVERED", "CANCELLING", "CANCELLED", "FAILED")
_LOOK_SECONDS = 0.3

Orders = Mapping[str, dict[str, Any]]
Show = Callable[[int, str], None]


def watch(shop: Shop, placed: Mapping[str, Kind], console: Console, *, patience: float) -> Orders:
    """Wait until every order is at its end or ``patience`` is over; return the orders as they are then."""
    with _progress(console) as progress:
        task = progress.add_task("", total=len(placed), where="")
        said = ""
        deadline = time.monotonic() + patience
        while True:
            orders = shop.orders()
            for order in _regretted(placed, orders):
                shop.cancel(order)
            ended = sum(bool(orders[order]["status"] in ENDS) for order in placed)
            where = _whereabouts(orders)
            progress.update(task, completed=ended, where=where)
            if not console.is_terminal and where != said:
                console.print(f"  {where}", highlight=False)
                said = where
            if ended == len(placed) or time.monotonic() > deadline:
                return orders
            time.sleep(_LOOK_SECONDS)


def wait_for_mails(shop: Shop, wanted: int, *, patience: float) -> int:
    """Wait until the customer was sent ``wanted`` mails or ``patience`` is over; return how many there are."""
    deadline = time.monotonic() + patience
    while True:
        sent = sum(bool(notification["status"] == "SENT") for notification in shop.notifications())
        if sent >= wanted or time.monotonic() > deadline:
            return sent
        time.sleep(_LOOK_SECONDS)


def _regretted(placed: Mapping[str, Kind], orders: Orders) -> list[str]:
    return [order for order, kind in placed.items() if kind.cancel_at == orders[order]["status"]]


def _whereabouts(orders: Orders) -> str:
    counts = Counter(order["status"] for order in orders.values())
    return "  ".join(f"{status} {counts[status]}" for status in _WAYS if counts[status])


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("orders at their end"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[where]}"),
        console=console,
        disable=not console.is_terminal,
    )
