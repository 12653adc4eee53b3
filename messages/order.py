"""What is said of an order: by the gateway when it is accepted, by the order room when it fails."""

from messages import Customer, Line, OrderMessage


class OrderCreated(OrderMessage, frozen=True, kw_only=True, tag="order.created"):
    """An order was accepted and wants stock. ``total`` is in minor units of ``currency``."""

    customer: Customer
    lines: tuple[Line, ...]
    total: int
    currency: str
    payment_method: str
    allow_partial: bool = False


class OrderFailed(OrderMessage, frozen=True, kw_only=True, tag="order.failed"):
    """An order ended without being shipped or paid."""

    reason: str


class OrderCancellationRequested(OrderMessage, frozen=True, kw_only=True, tag="order.cancellation_requested"):
    """The customer wants to cancel; whether there is still time is for shipping to say."""


class OrderCancelled(OrderMessage, frozen=True, kw_only=True, tag="order.cancelled"):
    """Shipping has stopped: give back what is held, and what was paid."""


class OrderCancellationConfirmed(OrderMessage, frozen=True, kw_only=True, tag="order.cancellation_confirmed"):
    """The order is cancelled: its stock is for sale again, and no money of its customer is kept."""


class OrderCancellationRejected(OrderMessage, frozen=True, kw_only=True, tag="order.cancellation_rejected"):
    """The cancel came too late: the order had left, and goes on."""
