"""What the payment room has to ask of the outside, and what comes back."""

from datetime import datetime

from workers.payment.provider import Bill, Standing
from workers.runtime.batch import Errand, Outcome


class Charge(Errand, frozen=True, kw_only=True):
    """Take the money."""

    bill: Bill


class Void(Errand, frozen=True, kw_only=True):
    """Reverse whatever was taken, and take nothing later."""

    bill: Bill
    reason: str


class Tell(Errand, frozen=True, kw_only=True):
    """Ask nobody: what became of the payment was recorded before stock was held, and is to be said now."""


class Refund(Errand, frozen=True, kw_only=True):
    """Give back what was taken, if it was the provider who took it."""

    bill: Bill
    elsewhere: bool = False


class Follow(Errand, frozen=True, kw_only=True):
    """Ask how something stands: do ``errand``, or just look. ``leased`` is the time that the next asking is set to."""

    bill: Bill
    errand: Charge | Void | None
    leased: datetime


class Charged(Outcome, frozen=True, kw_only=True):
    """The money is taken."""

    reference: str


class Declined(Outcome, frozen=True, kw_only=True):
    """No money was taken. With PROVIDER_UNAVAILABLE nobody knows, and the charge is voided for good measure."""

    reason: str


class Processing(Outcome, frozen=True, kw_only=True):
    """The provider will know later."""

    reference: str


class Told(Outcome, frozen=True, kw_only=True):
    """Nobody had to be asked."""


class Voided(Outcome, frozen=True, kw_only=True):
    """Nothing is taken any more."""


class Refunded(Outcome, frozen=True, kw_only=True):
    """What was taken is given back."""


class NotRefunded(Outcome, frozen=True, kw_only=True):
    """What was taken is not given back, and will not be unless somebody sees to it."""

    reason: str


class Followed(Outcome, frozen=True, kw_only=True):
    """How it stands: the answer of an errand, or what the provider has."""

    leased: datetime
    answer: Charged | Declined | Processing | Standing


Answer = Charged | Declined | Processing | Told
