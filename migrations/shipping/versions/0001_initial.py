"""Agents, shipments and their history."""

import sqlalchemy as sa
from alembic import op

revision = "shipping_0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS shipping")
    _agent()
    _shipment()
    _event()


def _agent() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("busy", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="agent_pkey"),
        sa.CheckConstraint("busy >= 0", name="agent_busy"),
        schema="shipping",
        postgresql_with={"fillfactor": "50"},
    )


def _shipment() -> None:
    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="PREPARING"),
        sa.Column("agent_id", sa.Uuid),
        sa.Column("tracking_number", sa.Text),
        sa.Column("dispatch_at", sa.DateTime(timezone=True)),
        sa.Column("deliver_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="shipment_pkey"),
        sa.CheckConstraint("status IN ('PREPARING', 'IN_TRANSIT', 'DELIVERED', 'STOPPED')", name="shipment_status"),
        schema="shipping",
    )
    op.create_index(
        "shipment_deliver_due",
        "shipment",
        ["deliver_at"],
        schema="shipping",
        postgresql_where=sa.text("status = 'IN_TRANSIT'"),
    )
    op.create_index(
        "shipment_dispatch_due",
        "shipment",
        ["dispatch_at"],
        schema="shipping",
        postgresql_where=sa.text("status = 'PREPARING'"),
    )
    op.create_index("shipment_order_id_key", "shipment", ["order_id"], schema="shipping", unique=True)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("shipment_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("location", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("message_id", sa.Uuid),
        sa.PrimaryKeyConstraint("shipment_id", "id", name="event_pkey"),
        schema="shipping",
    )
