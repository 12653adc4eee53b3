"""Dead letters as tables and pages for a terminal. Bodies are shown: whoever mends a letter has to read it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from rich.console import Console, Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ops.dead.results import Forecast, Outcome, Result, Would
from ops.screen import plain
from workers.dead import views
from workers.dead.views import Action, Letter

_STYLES = {
    Outcome.FAILED_AGAIN: "red",
    Outcome.NOT_HANDLED_YET: "yellow",
    Outcome.REFUSED: "yellow",
    Outcome.KEPT: "dim",
    Outcome.NOT_DEAD: "dim",
}
_WORDS = {
    Would.HANDLE: "be handled",
    Would.ASK: "ask the outside",
    Would.FAIL: "fail",
    Would.REPEAT: "send its replies again: it was handled before",
    Would.RETURN: "come back",
    Would.REFUSE: "be refused",
}
_FEW = 20


def groups(found: Sequence[views.Group]) -> Table:
    """Show groups, with the key that names each to other commands."""
    table = Table(Column("group", no_wrap=True), "queue", "error")
    table.add_column("letters", justify="right")
    for name in ("first", "last"):
        table.add_column(name, no_wrap=True)
    for group in found:
        table.add_row(
            group.key, plain(group.queue), plain(group.error), str(group.count), moment(group.first), moment(group.last)
        )
    return table


def letters(found: Sequence[Letter]) -> Text:
    """Show letters in two lines each, so that ids can be copied however narrow the terminal is."""
    return Text("\n").join(_lines(each) for each in found)


def letter(found: Letter, actions: Sequence[Action]) -> RenderableType:
    """Show everything about one letter."""
    facts = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
    for name, value in _facts(found):
        facts.add_row(Text(name, style="bold"), plain(value))
    parts: list[RenderableType] = [facts, *_body("body", found.body)]
    if found.original is not None:
        parts += _body("body before it was edited", found.original)
    for action in actions:
        why = f": {action.why}" if action.why else ""
        parts.append(plain(f"{moment(action.at)} {action.kind} by {action.by}{why}"))
    return Group(*parts)


def results(console: Console, found: Sequence[Result]) -> None:
    """Show what became of letters: the first of each kind in a line each, and how many there are."""
    shown: Counter[Outcome] = Counter()
    for each in found:
        shown[each.outcome] += 1
        if shown[each.outcome] <= _FEW:
            detail = f" ({each.detail})" if each.detail else ""
            order = f", order {each.order_id}" if each.order_id else ""
            words = f"{each.outcome.replace('_', ' ')}: {each.id}{order}{detail}"
            console.print(plain(words, style=_STYLES.get(each.outcome, "")), soft_wrap=True)
    for outcome, count in shown.items():
        if count > _FEW:
            console.print(f"... and {count - _FEW} more that are {outcome.replace('_', ' ')}", highlight=False)


def forecasts(console: Console, found: Sequence[Forecast]) -> None:
    """Show what a replay would do."""
    for each in found:
        status = f" ({each.order_status})" if each.order_status else ""
        console.print(plain(f"{each.id}, order {each.order_id or '-'}{status}: would {_would(each)}"), soft_wrap=True)


def summary(results: Sequence[Result]) -> str:
    """Count what became of letters, in a line."""
    counts = {outcome: sum(each.outcome is outcome for each in results) for outcome in Outcome}
    said = [f"{count} {outcome.replace('_', ' ')}" for outcome, count in counts.items() if count]
    return ", ".join(said) or "there is nothing to do"


def moment(at: datetime) -> str:
    """Write a time in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _lines(found: Letter) -> Text:
    about = f", order {found.subject}" if found.subject else ""
    attempts = "1 attempt" if found.attempts == 1 else f"{found.attempts} attempts"
    failed = f"{found.reason} after {attempts}, last at {moment(found.last_failed_at)}: {found.error}"
    return Text.assemble(plain(found.id, "bold"), plain(f" in {found.queue}{about}\n  {failed}"))


def _would(forecast: Forecast) -> str:
    words = _WORDS[forecast.would]
    if forecast.announces:
        words += f", and say {', '.join(forecast.announces)}"
    if forecast.asks:
        words += ": " + "; ".join(", ".join(f"{name} {value}" for name, value in ask.items()) for ask in forecast.asks)
    return f"{words}: {forecast.error}" if forecast.error else words


def _facts(found: Letter) -> Sequence[tuple[str, str]]:
    known = {
        "id": found.id,
        "status": found.status,
        "queue": found.queue,
        "found in": found.found_in,
        "type": found.type,
        "order": found.subject,
        "message": found.message_id,
        "reason": found.reason,
        "exception": found.exception,
        "error": found.error,
        "where": "\n".join(found.frames) or None,
        "worker": found.worker,
        "host": found.host,
        "attempts": found.attempts,
        "first failed": moment(found.first_failed_at),
        "last failed": moment(found.last_failed_at),
        "properties": msgspec.json.encode(found.properties).decode(),
    }
    return [(name, str(value)) for name, value in known.items() if value is not None]


def _body(title: str, body: bytes) -> list[RenderableType]:
    try:
        shown = msgspec.json.format(body).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        shown = body.decode(errors="backslashreplace")
    return [Text(f"{title}:", style="bold"), plain(shown)]
