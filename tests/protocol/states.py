"""Every state of every room, each with a way there; it may carry what a room remembers, as ``PENDING, cancelled``."""

CANCEL, PREPARE, RESIGN, EXPIRE = "the wish to cancel", "prepare only", "resigned", "timer expire"
WAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "order": {
        "DRAFT": (),
        "PENDING": (),
        "RESERVED": ("stock.reserved",),
        "COMPLETED": ("payment.completed",),
        "IN_TRANSIT": ("order.shipped",),
        "DELIVERED": ("order.delivered",),
        "CANCELLING": (CANCEL,),
        "CANCELLING, delivered": (CANCEL, "order.delivered"),
        "CANCELLING, stock back": (CANCEL, "stock.released"),
        "CANCELLING, money back": (CANCEL, "payment.refunded"),
        "CANCELLED": (CANCEL, "stock.released", "payment.voided"),
        "FAILED": ("payment.failed",),
    },
    "stock": {
        "none": (),
        "HELD": ("order.created",),
        "HELD, asked": ("order.created", EXPIRE),
        "REFUSED": ("order.created of too much",),
        "COMMITTED": ("order.created", "payment.completed"),
        "RELEASED": ("order.created", "payment.failed"),
    },
    "payment": {
        "none": (),
        "PENDING": (PREPARE,),
        "PENDING, cancelled": (PREPARE, "order.cancelled"),
        "PENDING, expired": (PREPARE, "stock.reservation_expired"),
        "COMPLETED": ("stock.reserved",),
        "FAILED": (PREPARE, "declined"),
        "FAILED, void due": (PREPARE, RESIGN),
        "VOIDED": ("order.cancelled",),
        "REFUNDING": ("stock.reserved", "order.cancelled"),
        "REFUNDED": ("stock.reserved", "order.cancelled", "payment.refund_due"),
        "REFUND_FAILED": ("stock.reserved", "order.cancelled", "refund resigned"),
    },
    "shipping": {
        "none": (),
        "PREPARING": ("payment.completed",),
        "IN_TRANSIT": ("payment.completed", "timer dispatch"),
        "DELIVERED": ("payment.completed", "timer dispatch", "timer deliver"),
        "STOPPED": ("order.cancellation_requested",),
    },
    "notification": {"none": (), "recorded": ()},
}
"""What has to happen to an order, in that order, until it stands there."""

STATES = {room: tuple(ways) for room, ways in WAYS.items()}
