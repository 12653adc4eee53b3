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
