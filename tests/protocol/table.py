"""The saga, room by room: what each message, answer and timer does in each state, and what is said of it.

What is not said stays unsaid.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.protocol.payments import PAYMENTS
from tests.protocol.rule import ELSE, Rule
from tests.protocol.states import STATES, WISHES


class Row(NamedTuple):
    """What ``on`` does to an order in state ``before``."""

    room: str
    on: str
    before: str
    after: str
    says: tuple[str, ...] = ()


RULES = (
    # Order: facts take an order up, never down; beside the way they are only recorded.
    Rule("order", "stock.reserved", ("PENDING",), "RESERVED"),
    Rule("order", "stock.reserved", ELSE),
    Rule("order", "payment.completed", ("PENDING", "RESERVED"), "COMPLETED"),
    Rule("order", "payment.completed", ELSE),
    Rule("order", "order.shipped", ("PENDING", "RESERVED", "COMPLETED"), "IN_TRANSIT"),
    Rule("order", "order.shipped", ELSE),
    Rule("order", "order.delivered", ("PENDING", "RESERVED", "COMPLETED", "IN_TRANSIT"), "DELIVERED"),
    Rule("order", "order.delivered", ("CANCELLING",), "CANCELLING, delivered"),
    Rule("order", "order.delivered", ("CANCELLING, stock back",), "CANCELLING, delivered, stock back"),
    Rule("order", "order.delivered", ("CANCELLING, money back",), "CANCELLING, delivered, money back"),
    Rule("order", "order.delivered", ELSE),
    Rule(
        "order",
        "stock.not_reserved",
        ("PENDING", "RESERVED", "COMPLETED", "IN_TRANSIT"),
        "FAILED",
        ("order.failed",),
    ),
    Rule("order", "stock.not_reserved", ELSE),
    Rule("order", "payment.failed", ("PENDING", "RESERVED", "COMPLETED", "IN_TRANSIT"), "FAILED", ("order.failed",)),
    Rule("order", "payment.failed", ELSE),
    # Order: shipping has answered.
    Rule(
        "order",
        "shipping.stopped",
        ("CANCELLING", "CANCELLING, delivered", "CANCELLING, stock back", "CANCELLING, money back"),
        None,
        ("order.cancelled",),
    ),
    Rule("order", "shipping.stopped", ELSE),
    Rule("order", "shipping.not_stopped", ("CANCELLING, delivered",), "DELIVERED", ("order.cancellation_rejected",)),
    Rule(
        "order",
        "shipping.not_stopped",
        ("CANCELLING", "CANCELLING, stock back", "CANCELLING, money back"),
        "IN_TRANSIT",
        ("order.cancellation_rejected",),
    ),
    Rule("order", "shipping.not_stopped", ELSE),
    # Order: stock and money come back.
    Rule("order", "stock.released", ("CANCELLING",), "CANCELLING, stock back"),
    Rule("order", "stock.released", ("CANCELLING, delivered",), "CANCELLING, delivered, stock back"),
    Rule("order", "stock.released", ("CANCELLING, money back",), "CANCELLED", ("order.cancellation_confirmed",)),
    Rule("order", "stock.released", ELSE),
    Rule("order", "payment.voided", ("CANCELLING",), "CANCELLING, money back"),
    Rule("order", "payment.voided", ("CANCELLING, delivered",), "CANCELLING, delivered, money back"),
    Rule("order", "payment.voided", ("CANCELLING, stock back",), "CANCELLED", ("order.cancellation_confirmed",)),
    Rule("order", "payment.voided", ELSE),
    Rule("order", "payment.refunded", ("CANCELLING",), "CANCELLING, money back"),
    Rule("order", "payment.refunded", ("CANCELLING, delivered",), "CANCELLING, delivered, money back"),
    Rule("order", "payment.refunded", ("CANCELLING, stock back",), "CANCELLED", ("order.cancellation_confirmed",)),
    Rule("order", "payment.refunded", ELSE),
    Rule("order", "payment.refund_failed", ELSE),
    # Stock.
    Rule("stock", "order.created", ("none",), "HELD", ("stock.reserved",)),
    Rule("stock", "order.created", ELSE),
    Rule("stock", "order.created of too much", ("none",), "REFUSED", ("stock.not_reserved",)),
    Rule("stock", "order.created of too much", ELSE),
    Rule("stock", "payment.completed", ("HELD", "HELD, asked"), "COMMITTED"),
    Rule("stock", "payment.completed", ELSE),
    Rule("stock", "payment.failed", ("HELD", "HELD, asked"), "RELEASED", ("stock.released",)),
    Rule("stock", "payment.failed", ELSE),
    Rule("stock", "order.cancelled", ("REFUSED",), "REFUSED", ("stock.released",)),
    Rule("stock", "order.cancelled", ELSE, "RELEASED", ("stock.released",)),
    Rule("stock", "timer expire", ("HELD",), "HELD, asked", ("stock.reservation_expired",)),
    Rule("stock", "timer expire", ELSE),
    Rule("stock", "timer sweep", ("HELD",), "HELD, asked", ("stock.reservation_expired",)),
    Rule("stock", "timer sweep", ELSE),
    *PAYMENTS,
    # Shipping.
    Rule("shipping", "payment.completed", ("none",), "PREPARING"),
    Rule("shipping", "payment.completed", ELSE),
    Rule("shipping", "order.cancellation_requested", ("IN_TRANSIT", "DELIVERED"), None, ("shipping.not_stopped",)),
    Rule("shipping", "order.cancellation_requested", ELSE, "STOPPED", ("shipping.stopped",)),
    Rule("shipping", "timer dispatch", ("PREPARING",), "IN_TRANSIT", ("order.shipped",)),
    Rule("shipping", "timer dispatch", ELSE),
    Rule("shipping", "timer deliver", ("IN_TRANSIT",), "DELIVERED", ("order.delivered",)),
    Rule("shipping", "timer deliver", ELSE),
    # Notification: each thing is told once.
    *(
        Rule("notification", heard, ELSE, "recorded")
        for heard in (
            "order.created",
            "order.failed",
            "order.shipped",
            "order.delivered",
            "order.cancellation_confirmed",
            "order.cancellation_rejected",
            "payment.completed",
            "payment.refunded",
        )
    ),
)


def rows(rules: Sequence[Rule] = RULES) -> Iterator[Row]:
    """Spell every rule out, a row for each state."""
    named: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        known = named.setdefault((rule.room, rule.on), [])
        states = rule.before or tuple(state for state in STATES[rule.room] if state not in known)
        known += states
        for state in states:
            yield Row(rule.room, rule.on, state, rule.after or state, rule.says)


ROWS = tuple(rows())

OUTCOMES = {
    "payment": {"charged", "declined", "processing", "resigned", "refund resigned", *WISHES},
    "stock": {"order.created of too much"},
}
"""What is neither a message's type nor a timer's name, and decides all the same."""
