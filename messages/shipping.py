"""What the shipping room says."""

from uuid import UUID

from messages import OrderMessage


class OrderShipped(OrderMessage, frozen=True, kw_only=True, tag="order.shipped"):
    """The order has left the house."""

    shipment_id: UUID
    tracking_number: str


class OrderDelivered(OrderMessage, frozen=True, kw_only=True, tag="order.delivered"):
    """The order has arrived."""

    shipment_id: UUID


class ShippingStopped(OrderMessage, frozen=True, kw_only=True, tag="shipping.stopped"):
    """The order has not left, and never will."""


class ShippingNotStopped(OrderMessage, frozen=True, kw_only=True, tag="shipping.not_stopped"):
    """The order has left already."""
