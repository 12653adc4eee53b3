"""The notification room's tables."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

metadata = MetaData(schema="notification")

recipient = Table(
    "recipient",
    metadata,
    Column("about", Uuid, primary_key=True),  # an order, a user, or the message of an alert
    Column("user_id", Uuid),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text),
    Index("recipient_user_id", "user_id"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("about", Uuid, nullable=False),
    Column("order_id", Uuid),
    Column("template", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default="EMAIL"),
    Column("detail", JSON, nullable=False),
    Column("recipient", Text),
    Column("subject", Text),
    Column("body", Text),
    Column("status", Text, nullable=False, server_default="PENDING"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("resends", ARRAY(DateTime(timezone=True)), nullable=False, server_default="{}"),
    Column("message_id", Uuid),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("leased_until", DateTime(timezone=True)),
    Column("tried_since", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent_at", DateTime(timezone=True)),
    CheckConstraint("channel IN ('EMAIL', 'SMS')", name="notification_channel"),
    CheckConstraint("status IN ('PENDING', 'SENT', 'FAILED')", name="notification_status"),
    CheckConstraint("order_id = about", name="notification_order"),
    UniqueConstraint("about", "template", "channel", name="notification_once"),
    Index("notification_due", "channel", "due_at", postgresql_where=text("status = 'PENDING'")),
)

attempt = Table(
    "attempt",
    metadata,
    Column("notification_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("outcome", Text, nullable=False),
    Column("error", Text),
    Column("reference", Text),
    PrimaryKeyConstraint("notification_id", "number", name="attempt_pkey"),
    CheckConstraint("outcome IN ('SENT', 'POSTPONED', 'FAILED')", name="attempt_outcome"),
)
