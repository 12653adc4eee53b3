"""The shipping room's tables."""

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
    text,
)

metadata = MetaData(schema="shipping")

agent = Table(
    "agent",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text),
    Column("busy", Integer, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("busy >= 0", name="agent_busy"),
    postgresql_with={"fillfactor": "50"},  # few rows, updated with every batch
)

shipment = Table(
    "shipment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("status", Text, nullable=False, server_default="PREPARING"),
    Column("agent_id", Uuid),
    Column("tracking_number", Text),
    Column("dispatch_at", DateTime(timezone=True)),
    Column("deliver_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("status IN ('PREPARING', 'IN_TRANSIT', 'DELIVERED', 'STOPPED')", name="shipment_status"),
    Index("shipment_order_id_key", "order_id", unique=True),
    Index("shipment_dispatch_due", "dispatch_at", postgresql_where=text("status = 'PREPARING'")),
    Index("shipment_deliver_due", "deliver_at", postgresql_where=text("status = 'IN_TRANSIT'")),
)

event = Table(
    "event",
    metadata,
    Column("shipment_id", Uuid, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("status", Text, nullable=False),
    Column("location", Text),
    Column("note", Text),
    Column("message_id", Uuid),
    Column("reported", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("shipment_id", "id", name="event_pkey"),
)
