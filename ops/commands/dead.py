"""``orderfleet dead``."""

from collections.abc import Sequence
from typing import BinaryIO
from uuid import UUID

import click

from ops.dead import shown
from ops.dead.addressing import Unsendable
from ops.dead.choosing import find, group_of, require
from ops.dead.desk import Desk
from ops.dead.offices import Offices
from ops.dead.replay import Manner, Replay
from ops.dead.results import BAD, Result
from ops.dead.running import edited, operator, run
from ops.dead.shown import summary
from ops.dead.trial import Trial
from ops.errors import OpsError
from ops.screen import console
from workers.dead import views
from workers.dead.store import Signed

TRIED_AT_ONCE = 100
"""What was tried is shown before the next are: there may be thousands."""
_by = click.option("--by", default=operator, help="Who does this. [default: you]")
_why = click.option("--why", help="Why; it is shown in the order's timeline.")
_queue = click.option("--queue", help="Every letter of this queue.")
_group = click.option("--group", metavar="KEY", help="Every letter of this group; `list` shows the keys.")
_limit = click.option("--limit", type=click.IntRange(min=1), help="At most so many, the oldest first.")
_ids = click.argument("ids", nargs=-1, type=click.UUID, metavar="[ID]...")
_id = click.argument("id_", type=click.UUID, metavar="ID")


@click.group()
def command() -> None:
    """See and mend messages that could not be handled."""


@command.command("list")
@click.argument("queue", required=False)
@_group
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="So many letters.")
@click.option("--before", type=click.UUID, metavar="ID", help="Go on after this letter.")
@click.option("--status", type=click.Choice(["dead", "replayed", "dropped"]), default="dead", show_default=True)
def list_(queue: str | None, group: str | None, limit: int, before: UUID | None, status: str) -> None:
    """Show dead letters by group, and the newest of them."""

    async def look(offices: Offices) -> tuple[list[views.Group], list[views.Letter]]:
        async with offices.operations() as tx:
            of = await group_of(tx, group) if group else None
            groups = [each for each in await views.groups(tx, queue) if of is None or each.key == of.key]
            pattern, where = (of.error, of.queue) if of else (None, queue)
            return groups, await views.page(tx, limit=limit, before=before, queue=where, pattern=pattern, status=status)

    groups, letters = run(look)
    screen = console()
    if groups and status == "dead":
        screen.print(shown.groups(groups))
    screen.print(shown.letters(letters) if letters else "no such letters", soft_wrap=True)
    if len(letters) == limit:
        screen.print(f"for more: --before {letters[-1].id}", highlight=False)


@command.command()
@_id
def show(id_: UUID) -> None:
    """Show everything about one letter."""

    async def look(offices: Offices) -> tuple[views.Letter, Sequence[views.Action]]:
        async with offices.operations() as tx:
            letter = require(await views.get(tx, id_), id_)
            return letter, (await views.actions(tx, [id_])).get(id_, [])

    console().print(shown.letter(*run(look)))


@command.command()
@_ids
@_queue
@_group
@_limit
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="At most so many in a second.")
@click.option("--canary/--no-canary", default=True, show_default=True, help="First one, then ten, then the rest.")
@click.option("--patience", type=float, default=15, show_default=True, help="Seconds for a message to be handled.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@_by
@_why
def replay(
    *,
    ids: tuple[UUID, ...],
    queue: str | None,
    group: str | None,
    limit: int | None,
    rate: float | None,
    canary: bool,
    patience: float,
    dry_run: bool,
    by: str,
    why: str | None,
) -> None:
    """Send letters to their queues again: by ID, a group's, or all of a queue.

    Ends with 1 when one failed again, or was not handled in time.
    """
    screen = console()

    async def rehearse(offices: Offices) -> None:
        chosen = await find(offices, ids=ids, queue=queue, group=group, limit=limit)
        for start in range(0, len(chosen), TRIED_AT_ONCE):
            async with offices.operations() as tx:
                letters = await views.letters(tx, chosen[start : start + TRIED_AT_ONCE])
            shown.forecasts(screen, await Trial(offices).forecast(letters))

    async def send(offices: Offices) -> list[Result]:
        chosen = await find(offices, ids=ids, queue=queue, group=group, limit=limit)
        manner = Manner(canary=canary, rate=rate, patience=patience, waits=True)
        tell = lambda results: shown.results(screen, results)  # noqa: E731 - it is said in one line
        return await Replay(offices, Signed(by=by, why=why), manner, tell).run(chosen)

    if dry_run:
        run(rehearse)
        return
    results = run(send)
    screen.print(summary(results), highlight=False)
    raise SystemExit(1 if any(each.outcome in BAD for each in results) else 0)


@command.command()
@_ids
@_queue
@_group
@_limit
@_by
@_why
def drop(*, ids: tuple[UUID, ...], queue: str | None, group: str | None, limit: int | None, by: str, why: str) -> None:
    """Give letters up for good: by ID, a group's, or all of a queue."""

    async def do(offices: Offices) -> list[Result]:
        chosen = await find(offices, ids=ids, queue=queue, group=group, limit=limit)
        return await Desk(offices).drop(chosen, Signed(by=by, why=why))

    results = run(do)
    shown.results(console(), results)
    click.echo(summary(results))


@command.command()
@_id
@click.option("--body", type=click.File("rb"), metavar="FILE", help="The new body; - reads it. [default: an editor]")
@_by
@_why
def edit(*, id_: UUID, body: BinaryIO | None, by: str, why: str | None) -> None:
    """Change what a letter says; what it said at first is kept."""

    async def read(offices: Offices) -> bytes:
        async with offices.operations() as tx:
            return require(await views.get(tx, id_), id_).body

    async def do(offices: Offices) -> bool:
        return await Desk(offices).edit(id_, new, Signed(by=by, why=why))

    new = body.read() if body else edited(run(read))
    try:
        if not run(do):
            raise OpsError(f"{id_} is not dead, or there is no such letter")
    except Unsendable as error:
        raise OpsError(f"nothing is changed: {error}") from None
    click.echo("changed; `orderfleet dead replay` sends it")


@command.command()
@_id
@click.argument("words")
@_by
def note(*, id_: UUID, words: str, by: str) -> None:
    """Write something about a letter, for whoever looks at it next."""

    async def do(offices: Offices) -> bool:
        return await Desk(offices).note(id_, Signed(by=by, why=words))

    if not run(do):
        raise OpsError(f"there is no letter {id_}")
    click.echo("noted")
