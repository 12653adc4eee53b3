"""Every state of every room, each with a way there; it may carry what a room remembers, as ``PENDING, cancelled``."""

CANCEL, PREPARE, RESIGN, EXPIRE = "the wish to cancel", "prepare only", "resigned", "timer expire"
RECORDED, AWAITED, BY_HAND = "recorded", "recorded as PENDING", "by hand"
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
        "PENDING, processing": (PREPARE, "processing"),
        "PENDING, cancelled, processing": (PREPARE, "processing", "order.cancelled"),
        "PENDING, elsewhere": (AWAITED, "stock.reserved"),
        "PENDING, elsewhere, unsaid": (AWAITED,),
        "COMPLETED": ("stock.reserved",),
        "COMPLETED, elsewhere": (RECORDED, "stock.reserved"),
        "COMPLETED, elsewhere, unsaid": (RECORDED,),
        "COMPLETED, elsewhere, void due": (PREPARE, f"{BY_HAND} COMPLETED"),
        "FAILED": (PREPARE, "declined"),
        "FAILED, void due": (PREPARE, RESIGN),
        "FAILED, elsewhere, unsaid": (AWAITED, f"{BY_HAND} FAILED"),
        "VOIDED": ("order.cancelled",),
        "REFUNDING": ("stock.reserved", "order.cancelled"),
        "REFUNDING, elsewhere": (RECORDED, "stock.reserved", "order.cancelled"),
        "REFUNDED": ("stock.reserved", "order.cancelled", "payment.refund_due"),
        "REFUNDED, elsewhere, unsaid": (RECORDED, f"{BY_HAND} REFUNDED"),
        "REFUND_FAILED": ("stock.reserved", "order.cancelled", "refund resigned"),
        "REFUND_FAILED, elsewhere": (RECORDED, "stock.reserved", "order.cancelled", "payment.refund_due"),
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

WISHES = (
    RECORDED,
    AWAITED,
    *(f"{BY_HAND} {wish}" for wish in ("COMPLETED", "FAILED", "VOIDED", "REFUNDING", "REFUNDED")),
)
"""What somebody may want of a payment; a wish that is refused changes nothing."""
