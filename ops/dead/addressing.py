"""A dead letter as a message that can be sent again: to the queue it came from, as if for the first time."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
from uuid_utils.compat import uuid7

from messages import Message
from messages.post.envelope import Envelope
from messages.post.wire import Undecodable
from ops.dead.offices import handler_of
from workers.dead.views import Letter
from workers.runtime.handler import Handler
from workers.runtime.settings import Settings

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The character in a JSON text, and not a backslash before a word that looks like it."""


class Unsendable(ValueError):  # noqa: N818 - what the letter is
    """The letter cannot be sent as it is: the sentence says what to edit first."""


def envelope(letter: Letter, settings: Settings) -> Envelope:
    """Put a letter into an envelope for its queue. Whatever failures and brokers wrote on it stays behind.

    What the body says counts where somebody has edited it, or where the properties say nothing.

    Raises:
        Unsendable: when it must be edited first, or is too old.
    """
    _require_young(letter, settings)
    require_json(letter.body)
    message = _read(letter)
    subject = letter.subject
    if message is not None and (subject is None or letter.original is not None):
        subject = message.subject
    type_ = letter.type or (message.type() if message else None)
    if subject is None or type_ is None:
        raise Unsendable(f"it does not say what it is about, and its body is nothing that {letter.queue} can read")
    return Envelope(
        message_id=letter.message_id or uuid7(),
        type=type_,
        body=msgspec.Raw(letter.body),
        subject=subject,
        sent_at=letter.sent_at or datetime.now(UTC),
        said_by=letter.said_by or "",
        causation_id=letter.causation_id,
        traceparent=letter.traceparent,
        address=letter.queue,
        letter=letter.id,
    )


def message_of(handler: Handler, sent: Envelope) -> Message:
    """Read a message as its handler's worker would.

    Raises:
        Undecodable: when it is not what the handler takes.
    """
    message = handler.decode(sent)
    if message.subject != sent.subject:
        raise Undecodable(f"the correlation_id is {sent.subject}, but the message is about {message.subject}")
    return message


def require_json(body: bytes) -> None:
    """Refuse a body that cannot travel.

    Raises:
        Unsendable: when it is not JSON, or JSON that PostgreSQL cannot keep.
    """
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unsendable(f"the body is not JSON ({error}): edit it first") from None
    if _NUL.search(body):
        raise Unsendable(r"the body holds \u0000, which the outbox cannot keep: edit it first")


def _require_young(letter: Letter, settings: Settings) -> None:
    """Refuse what is so old that nobody knows whether it was handled: receipts are not kept for ever.

    A message that has just died may have been handled long before, and delivered again.

    Raises:
        Unsendable: when it died, or was sent, too long ago.
    """
    _require(letter.last_failed_at, settings.replay_horizon_days, "it died")
    if letter.sent_at is not None:
        _require(letter.sent_at, settings.receipt_retention_days, "it was sent")


def _require(at: datetime, days: float, what: str) -> None:
    if datetime.now(UTC) - at > timedelta(days=days):
        raise Unsendable(f"{what} more than {days:g} days ago: whether it was handled is no longer known")


def _read(letter: Letter) -> Message | None:
    handler = handler_of(letter.queue)
    if handler is None:
        return None
    unread = Envelope(
        message_id=letter.id,
        type="",
        body=msgspec.Raw(letter.body),
        subject=letter.id,
        sent_at=letter.received_at,
        said_by="",
    )
    try:
        return handler.decode(unread)
    except Undecodable:
        return None
