"""What becomes of a message that could not be handled.

Undecodable: dead at once. Failed: the retry ladder, then dead. Interrupted by shutdown: nothing, it was no attempt.
An outage blames no message: it is not a verdict but an exception that makes the consumer wait.
"""

import traceback
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from messages.post.topology import Rung
from messages.post.wire import Undecodable

ROOT = Path(__file__).parents[2]
OURS = {"gateway", "messages", "ops", "tests", "workers"}
MOST_RETURNS = 10
SUSPECT_RETURNS = 3


class Outage(Exception):  # noqa: N818 - it is the outside's condition, not this message's error
    """Something that every message needs cannot be reached: wait for it, and blame no message.

    ``of`` names it for operators; what raises an outage of its own need not say what it is called.
    """

    def __init__(self, words: str, *, of: str = "") -> None:
        super().__init__(words)
        self.of = of


class Blocked(Outage):
    """Somebody holds a lock for too long. It passes, and no message that waits for it is to blame, even alone."""


class Crashing(Exception):  # noqa: N818 - says what the message does
    """The message came back so often without an answer that it must be what kills its workers."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after a rung of the ladder."""

    rung: Rung
    error: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Keep the message in the dead queue; ``reason`` is one word, ``error`` what an operator wants to read."""

    reason: str
    error: str


def judge(error: Exception, attempt: int, ladder: tuple[Rung, ...]) -> Retry | Dead:
    """Decide over a message whose ``attempt`` (counted from 1) ended in ``error``."""
    match error:
        case Undecodable():
            return Dead("undecodable", describe(error))
        case Crashing():
            return Dead("crashing", describe(error))
        case _ if attempt <= len(ladder):
            return Retry(ladder[attempt - 1], describe(error))
        case _:
            return Dead("exhausted", describe(error))


def is_last(attempt: int, ladder: tuple[Rung, ...]) -> bool:
    """Tell whether there is no further attempt after this one."""
    return attempt > len(ladder)


def describe(error: BaseException) -> str:
    """Say what went wrong in one line, without statement parameters, which may hold what nobody should read."""
    if isinstance(error, DBAPIError):
        diagnosis = getattr(error.orig, "diag", None)
        words = getattr(diagnosis, "message_primary", None) or str(error.orig)
        return _line(f"{type(error.orig).__name__}: {words}")
    return _line(": ".join(filter(None, (type(error).__name__, str(error)))))


def where(error: BaseException, frames: int = 4) -> str:
    """Return the innermost places of our own code that ``error`` passed through, innermost first."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    return " < ".join(
        f"{Path(frame.filename).relative_to(ROOT)}:{frame.lineno} {frame.name}" for frame in reversed(ours[-frames:])
    )


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OURS


def _line(words: str) -> str:
    first, *_ = words.splitlines() or [""]
    return first[:300]
