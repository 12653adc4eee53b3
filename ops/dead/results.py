"""What became of a letter that somebody dealt with, or would become of it."""

from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from messages.post.envelope import Envelope
from workers.dead.views import Letter


class Outcome(StrEnum):
    """In a word."""

    REPLAYED = "replayed"
    """On its way to its queue."""
    HANDLED = "handled"
    FAILED_AGAIN = "failed_again"
    NOT_HANDLED_YET = "not_handled_yet"
    """On its way, and nobody has handled it in time."""
    DROPPED = "dropped"
    REFUSED = "refused"
    """It cannot be sent as it is."""
    KEPT = "kept"
    """Not sent, because one before it did not go well."""
    NOT_DEAD = "not_dead"
    """Somebody dealt with it before."""


BAD = frozenset({Outcome.FAILED_AGAIN, Outcome.NOT_HANDLED_YET})


class Result(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of one letter."""

    id: UUID
    message_id: UUID | None = None
    order_id: UUID | None = None
    outcome: Outcome
    detail: str | None = None

    def but(self, outcome: Outcome, detail: str | None = None) -> "Result":
        """Return the same with another outcome."""
        return msgspec.structs.replace(self, outcome=outcome, detail=detail)


class Would(StrEnum):
    """What a replay would lead to, in a word."""

    HANDLE = "handle"
    ASK = "ask"
    """It would ask the outside, and nobody knows the answer."""
    FAIL = "fail"
    REPEAT = "repeat"
    """It was handled already: its replies would be sent once more."""
    RETURN = "return"
    """Nobody has this queue: it would come back."""
    REFUSE = "refuse"


class Forecast(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a replay of one letter would do, as things stand now."""

    id: UUID
    message_id: UUID | None
    order_id: UUID | None
    order_status: str | None
    would: Would
    announces: list[str] = []
    """The types of the messages that would be said."""
    asks: list[dict[str, Any]] = []
    """What the outside would be asked."""
    error: str | None = None


def result(letter: Letter, outcome: Outcome, sent: Envelope | None = None, detail: str | None = None) -> Result:
    """Say what became of a letter, with the ids that its message has now."""
    return Result(
        id=letter.id,
        message_id=sent.message_id if sent else letter.message_id,
        order_id=sent.subject if sent else letter.subject,
        outcome=outcome,
        detail=detail,
    )
