"""One example of every message, with every field filled in."""

from uuid import UUID

from messages import Customer, Line, Message
from messages.account import UserRegistered
from messages.catalogue import ProductCreated, ProductDeleted, ProductUpdated
from messages.order import (
    OrderCancellationConfirmed,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCreated,
    OrderFailed,
)
from messages.payment import (
    PaymentCompleted,
    PaymentFailed,
    PaymentRefundDue,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentStatusChanged,
    PaymentVoided,
)
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from messages.stock import (
    Shortage,
    StockDepleted,
    StockLevelChanged,
    StockLow,
    StockNotReserved,
    StockReleased,
    StockReservationExpired,
    StockReserved,
)

ORDER = UUID("0190a6d2-0000-7000-8000-000000000001")
THING = UUID("0190a6d2-0000-7000-8000-000000000002")
SHORT = (Shortage(product_id=THING, wanted=3, available=1, name="Tea"),)
ADA = Customer(user_id=THING, name="Ada Lovelace", email="ada@example.com", phone="+442079460001")

EXAMPLES: tuple[Message, ...] = (
    OrderCreated(
        order_id=ORDER,
        customer=ADA,
        lines=(Line(product_id=THING, name="Tea", quantity=2, unit_price=450),),
        total=900,
        currency="EUR",
        payment_method="tok_ok",
        allow_partial=True,
    ),
    OrderFailed(order_id=ORDER, reason="out_of_stock"),
    OrderCancellationRequested(order_id=ORDER),
    OrderCancelled(order_id=ORDER),
    OrderCancellationConfirmed(order_id=ORDER),
    OrderCancellationRejected(order_id=ORDER),
    StockReserved(order_id=ORDER, amount=900, currency="EUR", payment_method="tok_ok", short=SHORT),
    StockNotReserved(order_id=ORDER, reason="out_of_stock", short=SHORT),
    StockReleased(order_id=ORDER),
    StockReservationExpired(order_id=ORDER),
    StockLevelChanged(product_id=THING, on_hand=12, reserved=5, available=7),
    StockLow(product_id=THING, sku="TEA-001", name="Tea", available=7, threshold=10),
    StockDepleted(product_id=THING, sku="TEA-001", name="Tea"),
    PaymentCompleted(order_id=ORDER, payment_id=THING, amount=900, currency="EUR", short=SHORT),
    PaymentFailed(order_id=ORDER, reason="card_declined"),
    PaymentRefundDue(order_id=ORDER),
    PaymentRefunded(order_id=ORDER, amount=900, currency="EUR"),
    PaymentVoided(order_id=ORDER),
    PaymentRefundFailed(order_id=ORDER, reason="card_closed"),
    PaymentStatusChanged(order_id=ORDER, payment_id=THING, before="PENDING", status="COMPLETED"),
    OrderShipped(order_id=ORDER, shipment_id=THING, tracking_number="OF123"),
    OrderDelivered(order_id=ORDER, shipment_id=THING),
    ShippingStopped(order_id=ORDER),
    ShippingNotStopped(order_id=ORDER),
    ProductCreated(product_id=THING, sku="TEA-001", name="Tea", price=450, currency="EUR", low_stock_threshold=10),
    ProductUpdated(product_id=THING, sku="TEA-001", name="Tea", price=490, currency="EUR", low_stock_threshold=10),
    ProductDeleted(product_id=THING),
    UserRegistered(user_id=THING, name="Ada Lovelace", email="ada@example.com", phone="+442079460001"),
)
