"""What each message, answer, timer and wish does to a payment."""

from tests.protocol.rule import ELSE, Rule

CHANGED = "payment.status_changed"
AWAITED = ("PENDING, elsewhere", "PENDING, elsewhere, unsaid")


def _to(on: str, *moves: tuple[tuple[str, ...], str, tuple[str, ...]]) -> tuple[Rule, ...]:
    """What ``on`` does where it does something; everywhere else it does nothing."""
    return (*(Rule("payment", on, before, after, says) for before, after, says in moves), Rule("payment", on, ELSE))


PAYMENTS = (
    # Stock is held: prepare, call and settle together.
    *_to(
        "stock.reserved",
        (("none", "PENDING", "PENDING, processing"), "COMPLETED", ("payment.completed",)),
        (("PENDING, cancelled", "PENDING, cancelled, processing"), "VOIDED", ("payment.voided",)),
        (("PENDING, expired",), "FAILED", ("payment.failed",)),
        (("PENDING, elsewhere, unsaid",), "PENDING, elsewhere", ()),
        (("COMPLETED, elsewhere, unsaid",), "COMPLETED, elsewhere", ("payment.completed",)),
        (("FAILED, elsewhere, unsaid",), "FAILED, elsewhere", ("payment.failed",)),
        (("REFUNDED, elsewhere, unsaid",), "REFUNDED, elsewhere", ("payment.failed",)),
    ),
    # The provider has answered.
    *_to(
        "charged",
        (("PENDING", "PENDING, processing"), "COMPLETED", ("payment.completed",)),
        (("PENDING, cancelled", "PENDING, cancelled, processing"), "REFUNDING", ("payment.refund_due",)),
        (("PENDING, expired",), "REFUNDING", ("payment.failed", "payment.refund_due")),
    ),
    *_to(
        "declined",
        (("PENDING", "PENDING, processing", "PENDING, expired"), "FAILED", ("payment.failed",)),
        (("PENDING, cancelled", "PENDING, cancelled, processing"), "VOIDED", ("payment.voided",)),
    ),
    *_to(
        "processing",
        (("PENDING",), "PENDING, processing", ()),
        (("PENDING, cancelled",), "PENDING, cancelled, processing", ()),
        (("PENDING, expired",), "PENDING, expired, processing", ()),
    ),
    *_to(
        "resigned",
        (("PENDING", "PENDING, processing", "PENDING, expired"), "FAILED, void due", ("payment.failed",)),
        (("PENDING, cancelled", "PENDING, cancelled, processing"), "VOIDED, void due", ("payment.voided",)),
    ),
    # It is given up.
    *_to(
        "stock.reservation_expired",
        (("none",), "FAILED", ("payment.failed",)),
        (("PENDING",), "PENDING, expired", ()),
        (("PENDING, processing",), "PENDING, expired, processing", ()),
        (AWAITED, "FAILED, elsewhere", ("payment.failed",)),
    ),
    Rule("payment", "order.cancelled", ("FAILED", "FAILED, void due", "VOIDED"), None, ("payment.voided",)),
    Rule("payment", "order.cancelled", ("FAILED, elsewhere, unsaid",), None, ("payment.voided",)),
    Rule("payment", "order.cancelled", ("REFUNDED", "REFUNDED, elsewhere, unsaid"), None, ("payment.refunded",)),
    *_to(
        "order.cancelled",
        (("none",), "VOIDED", ("payment.voided",)),
        (("PENDING", "PENDING, expired"), "PENDING, cancelled", ()),
        (("PENDING, processing",), "PENDING, cancelled, processing", ()),
        (AWAITED, "VOIDED, elsewhere", ("payment.voided",)),
        (("COMPLETED",), "REFUNDING", ("payment.refund_due",)),
        (
            ("COMPLETED, elsewhere", "COMPLETED, elsewhere, unsaid"),
            "REFUNDING, elsewhere",
            ("payment.refund_due",),
        ),
        (("COMPLETED, elsewhere, void due",), "REFUNDING, elsewhere, void due", ("payment.refund_due",)),
    ),
    *_to(
        "order.failed",
        (AWAITED, "FAILED, elsewhere", ()),
        (("COMPLETED",), "REFUNDING", ("payment.refund_due",)),
        (
            ("COMPLETED, elsewhere", "COMPLETED, elsewhere, unsaid"),
            "REFUNDING, elsewhere",
            ("payment.refund_due",),
        ),
        (("COMPLETED, elsewhere, void due",), "REFUNDING, elsewhere, void due", ("payment.refund_due",)),
    ),
    # It is given back.
    *_to(
        "payment.refund_due",
        (("REFUNDING",), "REFUNDED", ("payment.refunded",)),
        (("REFUNDING, elsewhere",), "REFUND_FAILED, elsewhere", ("payment.refund_failed",)),
    ),
    *_to(
        "refund resigned",
        (("REFUNDING",), "REFUND_FAILED", ("payment.refund_failed",)),
        (("REFUNDING, elsewhere",), "REFUND_FAILED, elsewhere", ("payment.refund_failed",)),
    ),
    *_to(
        "timer reverse",
        (("FAILED, void due",), "FAILED", ()),
        (("COMPLETED, elsewhere, void due",), "COMPLETED, elsewhere", ()),
    ),
    *_to(
        "timer follow",
        (("PENDING, processing",), "COMPLETED", ("payment.completed",)),
        (("PENDING, cancelled, processing",), "VOIDED", ("payment.voided",)),
    ),
    # Somebody records it, or changes it by hand.
    *_to("recorded", (("none",), "COMPLETED, elsewhere, unsaid", (CHANGED,))),
    *_to("recorded as PENDING", (("none",), "PENDING, elsewhere, unsaid", (CHANGED,))),
    *_to(
        "by hand COMPLETED",
        (
            ("PENDING", "PENDING, processing"),
            "COMPLETED, elsewhere, void due",
            ("payment.completed", CHANGED),
        ),
        (("PENDING, elsewhere",), "COMPLETED, elsewhere", ("payment.completed", CHANGED)),
        (("PENDING, elsewhere, unsaid",), "COMPLETED, elsewhere, unsaid", (CHANGED,)),
    ),
    *_to(
        "by hand FAILED",
        (("PENDING", "PENDING, processing", "PENDING, expired"), "FAILED, void due", ("payment.failed", CHANGED)),
        (
            ("PENDING, cancelled", "PENDING, cancelled, processing"),
            "VOIDED, void due",
            ("payment.voided", CHANGED),
        ),
        (("PENDING, elsewhere",), "FAILED, elsewhere", ("payment.failed", CHANGED)),
        (("PENDING, elsewhere, unsaid",), "FAILED, elsewhere, unsaid", (CHANGED,)),
    ),
    *_to(
        "by hand VOIDED",
        (("PENDING", "PENDING, processing"), "VOIDED, void due", ("payment.failed", CHANGED)),
        (("PENDING, expired",), "FAILED, void due", ("payment.failed", CHANGED)),
        (
            ("PENDING, cancelled", "PENDING, cancelled, processing"),
            "VOIDED, void due",
            ("payment.voided", CHANGED),
        ),
        (("PENDING, elsewhere",), "VOIDED, elsewhere", ("payment.failed", CHANGED)),
        (("PENDING, elsewhere, unsaid",), "VOIDED, elsewhere, unsaid", (CHANGED,)),
    ),
    *_to("by hand REFUNDING", (("COMPLETED", "REFUND_FAILED"), "REFUNDING", ("payment.refund_due", CHANGED))),
    *_to(
        "by hand REFUNDED",
        (("COMPLETED", "REFUNDING", "REFUND_FAILED"), "REFUNDED", ("payment.refunded", CHANGED)),
        (
            ("COMPLETED, elsewhere", "REFUNDING, elsewhere", "REFUND_FAILED, elsewhere"),
            "REFUNDED, elsewhere",
            ("payment.refunded", CHANGED),
        ),
        (("COMPLETED, elsewhere, unsaid",), "REFUNDED, elsewhere, unsaid", ("payment.refunded", CHANGED)),
        (("COMPLETED, elsewhere, void due",), "REFUNDED, elsewhere, void due", ("payment.refunded", CHANGED)),
    ),
)
