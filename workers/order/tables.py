"""The order room's tables.

No index knows the status or a time that changes, so that each step of an order is an update in place (HOT). A history
row may be about an order that is not here, and lines are written with their order, so no foreign key is looked up.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData(schema="order")

order = Table(
    "order",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("customer_name", Text, nullable=False),
    Column("customer_email", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("furthest", Text, nullable=False, server_default="PENDING"),  # the furthest fact heard, whatever the status
    Column("failure_reason", Text),
    Column("total", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("payment_method", Text, nullable=False),
    Column("allow_partial", Boolean, nullable=False),
    Column("shipping_address", JSON),
    Column("stock_back", Boolean, nullable=False, server_default="false"),
    Column("money_back", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id", name="order_pkey"),
    CheckConstraint(
        "status IN ('DRAFT', 'PENDING', 'RESERVED', 'COMPLETED', 'IN_TRANSIT', 'DELIVERED',"
        " 'CANCELLING', 'CANCELLED', 'FAILED')",
        name="order_status_check",
    ),
    CheckConstraint(
        "furthest IN ('PENDING', 'RESERVED', 'COMPLETED', 'IN_TRANSIT', 'DELIVERED')", name="order_furthest_check"
    ),
    CheckConstraint("total >= 0", name="order_total_check"),
    Index("order_user_id_id_idx", "user_id", "id"),
    Index("order_created_at_idx", "created_at", postgresql_using="brin"),
    postgresql_with={"fillfactor": "70"},
)

line = Table(
    "line",
    metadata,
    Column("order_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", BigInteger, nullable=False),
    Column("dropped", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("order_id", "position", name="line_pkey"),
    CheckConstraint("quantity > 0", name="line_quantity_check"),
    CheckConstraint("unit_price >= 0", name="line_unit_price_check"),
)

event = Table(
    "event",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("kind", Text, nullable=False),
    Column("detail", JSON),
    Column("message_id", Uuid),
    Column("causation_id", Uuid),
    PrimaryKeyConstraint("order_id", "id", name="event_pkey"),
)
