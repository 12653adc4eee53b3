"""``orderfleet audit``."""

import asyncio

import click
from rich.table import Table
from rich.text import Text

from ops.audit import Report, audit, opened
from ops.errors import OpsError
from ops.local.settings import settings
from ops.screen import console, plain
from workers.runtime.database import is_outage
from workers.runtime.settings import Settings
from workers.runtime.verdict import describe


@click.command()
def command() -> None:
    """Check what must be true of every order: exit code 0 when all of it is, else 1."""
    report = asyncio.run(_audit(settings()))
    screen = console()
    screen.print(_table(report))
    for finding in report.invariants:
        for example in finding.examples:
            told = ", ".join(f"{name} {value}" for name, value in example.items())
            screen.print(Text.assemble(plain(finding.name, "red"), plain(f": {told}")), soft_wrap=True)
    raise SystemExit(0 if report.ok else 1)


async def _audit(given: Settings) -> Report:
    try:
        async with opened(given) as books:
            return await audit(books)
    except Exception as error:
        if is_outage(error):
            raise OpsError(f"a database cannot be reached: {describe(error)}") from error
        raise


def _table(report: Report) -> Table:
    table = Table("invariant", "what must be true")
    table.add_column("violations", justify="right")
    for finding in report.invariants:
        style = "red" if finding.violations else None
        table.add_row(finding.name, finding.description, str(finding.violations), style=style)
    return table
