"""``orderfleet demo``."""

import click
import httpx
from rich.console import Console

from ops import health, stack
from ops.demo import journey, report
from ops.demo.kinds import KINDS, WELCOMES, Kind
from ops.demo.shop import Shop

_PATIENCE = 60
_WIDTH = 120  # where there is no terminal to ask


@click.command()
def command() -> None:
    """Send orders of every kind through a stack: exit code 0 when each ends as it must, else 1."""
    up = stack.up(click.echo)
    try:
        with httpx.Client(base_url=health.gateway_url(up.settings), timeout=30) as client:
            slowest = up.settings.handling_seconds + up.settings.transit_seconds
            is_right = _demonstrate(Shop(client), _console(), patience=_PATIENCE + slowest)
    finally:
        if up.is_ours:
            stack.down(click.echo)
    if up.is_ours:
        click.echo("to keep it running: make up")
    raise SystemExit(0 if is_right else 1)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


def _demonstrate(shop: Shop, console: Console, *, patience: float) -> bool:
    placed = dict(shop.order_all())
    console.print(f"{len(placed)} orders placed", highlight=False)
    orders = journey.watch(shop, placed, console, patience=patience)
    wanted = WELCOMES + sum(kind.mails * kind.orders for kind in KINDS)
    complaints = _complaints(placed, orders)
    mails = journey.wait_for_mails(shop, wanted, patience=0 if complaints else _PATIENCE)
    for kind in KINDS:
        order = next(order for order, its in placed.items() if its is kind)
        console.print(report.timeline(kind, orders[order], shop.timeline(order)))
    report.summary(console, placed, complaints, (mails, wanted))
    return not complaints and mails == wanted


def _complaints(placed: dict[str, Kind], orders: journey.Orders) -> dict[str, str]:
    found: dict[str, str] = {}
    for order, kind in placed.items():
        if orders[order]["status"] not in journey.ENDS:
            found[order] = f"({kind.name}) is stuck at {orders[order]['status']}"
        elif complaint := kind.complaint(orders[order]):
            found[order] = f"({kind.name}) {complaint}"
    return found
