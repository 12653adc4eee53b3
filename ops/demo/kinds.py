"""What the demo orders, and how each order has to end."""

from dataclasses import dataclass
from typing import Any, Literal

Item = Literal["plenty", "scarce"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of order: what is in it, how it is paid, and its one right end."""

    name: str
    items: tuple[tuple[Item, int], ...]
    status: str
    mails: int
    method: str = "tok_ok"
    reason: str | None = None
    lines: tuple[str, ...] | None = None
    partial: bool = False
    cancel_at: str | None = None
    """The status in which the customer cancels, if they do."""
    orders: int = 1

    @property
    def end(self) -> str:
        """The right end, in words."""
        return _told(self.status, self.reason)

    def complaint(self, order: dict[str, Any]) -> str | None:
        """Say what is wrong with how an order ended, if anything is."""
        found = _told(order["status"], order["failureReason"])
        if found != self.end:
            return f"ended {found} instead of {self.end}"
        lines = tuple(line["status"] for line in order["orderItems"])
        if self.lines is not None and lines != self.lines:
            return f"has lines {', '.join(lines)} instead of {', '.join(self.lines)}"
        return None


def _told(status: object, reason: object) -> str:
    return f"{status} ({reason})" if reason else str(status)


WELCOMES = 1
"""Mails to the customer that are about no order."""
KINDS = (
    Kind("paid", (("plenty", 2),), "DELIVERED", mails=4, orders=36, lines=("EXECUTED",)),
    Kind("out of stock", (("plenty", 1), ("scarce", 2)), "FAILED", mails=2, reason="out_of_stock"),
    Kind("declined", (("plenty", 1),), "FAILED", mails=2, method="tok_declined", reason="payment_declined"),
    Kind(
        "insufficient funds",
        (("plenty", 1),),
        "FAILED",
        mails=2,
        method="tok_insufficient_funds",
        reason="insufficient_funds",
    ),
    Kind(
        "partly in stock",
        (("plenty", 1), ("scarce", 2)),
        "DELIVERED",
        mails=4,
        partial=True,
        lines=("EXECUTED", "CANCELLED"),
    ),
    # The provider answers this one at its third try only, so that the cancel comes first.
    Kind(
        "cancelled before payment",
        (("plenty", 1),),
        "CANCELLED",
        mails=2,
        method="tok_timeout",
        cancel_at="RESERVED",
        lines=("CANCELLED",),
    ),
    Kind(
        "cancelled after payment",
        (("plenty", 1),),
        "CANCELLED",
        mails=4,
        cancel_at="COMPLETED",
        lines=("CANCELLED",),
    ),
)
