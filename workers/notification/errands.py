"""What is handed over, and what is answered: mails and texts, and the three things that may come of one."""

import time
from typing import Any, Literal
from uuid import UUID

import msgspec

from workers.runtime.batch import Errand, Outcome

Channel = Literal["EMAIL", "SMS"]

SEND_SECONDS = 10
"""How long one note may take once it is begun."""
LEASE_SECONDS = 30
"""How long a claimed note is its claimer's: it must be begun early enough to end within."""
MARGIN_SECONDS = 5


class TooLate(Exception):  # noqa: N818 - nothing failed
    """The note's lease ends too soon to send it now: it may be another process's by the time it is sent."""


class Refusal(Exception):  # noqa: N818 - an answer
    """This note will never be taken."""


class Postponement(Exception):  # noqa: N818 - an answer
    """This note is not taken now, and ``seconds`` is how long to wait at least, if that was said."""

    def __init__(self, reason: str, seconds: int = 0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Note(Errand, frozen=True, kw_only=True):
    """One thing to tell, if it can be begun before ``leave_by`` on the monotonic clock. Its subject is its row.

    ``tried_for`` is how many seconds ago the first attempt was.
    """

    address: str
    text: str
    tried_for: float
    leave_by: float

    def require_time(self) -> None:
        """Refuse to begin what may end after its lease."""
        if time.monotonic() > self.leave_by:
            raise TooLate("it waited too long for its turn")


class Mail(Note, frozen=True, kw_only=True):
    """One mail.

    ``key`` is the local part of its Message-ID: the same whenever this notification is tried, another when it was asked
    for once more, or mailboxes would drop it as one that they have.
    """

    key: str
    name: str
    title: str
    html: str


class Sms(Note, frozen=True, kw_only=True):
    """One text message."""


class Sent(Outcome, frozen=True, kw_only=True):
    """It was taken; ``reference`` is what whoever took it calls it."""

    reference: str | None = None


class Refused(Outcome, frozen=True, kw_only=True):
    """It will never be taken, or not in time to be of use."""

    reason: str


class Postponed(Outcome, frozen=True, kw_only=True):
    """It is not taken now; it is tried again after ``seconds``."""

    reason: str
    seconds: int


Answer = Sent | Refused | Postponed


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A notification whose time has come; nothing is known of its recipient before its subject is heard of."""

    id: UUID
    about: UUID
    order_id: UUID | None
    template: str
    channel: Channel
    detail: dict[str, Any]
    resends: int
    tried_for: float
    is_known: bool
    name: str | None
    email: str | None
    phone: str | None

    @property
    def address(self) -> str | None:
        """Where it goes."""
        return self.email if self.channel == "EMAIL" else self.phone
