"""The notification room's tables."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData(schema="notification")

recipient = Table(
    "recipient",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Index("recipient_user_id", "user_id"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("template", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default="EMAIL"),
    Column("detail", JSON, nullable=False),
    Column("recipient", Text),
    Column("subject", Text),
    Column("body", Text),
    Column("status", Text, nullable=False, server_default="PENDING"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("message_id", Uuid),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent_at", DateTime(timezone=True)),
    CheckConstraint("channel IN ('EMAIL', 'SMS')", name="notification_channel"),
    CheckConstraint("status IN ('PENDING', 'SENT', 'FAILED')", name="notification_status"),
    UniqueConstraint("order_id", "template", "channel", name="notification_once"),
    Index("notification_due", "due_at", postgresql_where=text("status = 'PENDING'")),
)
