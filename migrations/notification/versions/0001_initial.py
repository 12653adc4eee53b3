"""Notifications and their recipients."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "notification_0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS notification")
    _recipient()
    _notification()


def _recipient() -> None:
    op.create_table(
        "recipient",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="recipient_pkey"),
        schema="notification",
    )
    op.create_index("recipient_user_id", "recipient", ["user_id"], schema="notification")


def _notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False, server_default="EMAIL"),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("recipient", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("status", sa.Text, nullable=False, server_default="PENDING"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("message_id", sa.Uuid),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="notification_pkey"),
        sa.UniqueConstraint("order_id", "template", "channel", name="notification_once"),
        sa.CheckConstraint("channel IN ('EMAIL', 'SMS')", name="notification_channel"),
        sa.CheckConstraint("status IN ('PENDING', 'SENT', 'FAILED')", name="notification_status"),
        schema="notification",
    )
    op.create_index(
        "notification_due",
        "notification",
        ["due_at"],
        schema="notification",
        postgresql_where=sa.text("status = 'PENDING'"),
    )
