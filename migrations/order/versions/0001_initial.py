"""Orders, their lines and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "order_0001"
down_revision = None


def upgrade() -> None:
    op.execute('CREATE SCHEMA IF NOT EXISTS "order"')
    _order()
    _line()
    _event()


def _order() -> None:
    op.create_table(
        "order",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("customer_name", sa.Text, nullable=False),
        sa.Column("customer_email", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("furthest", sa.Text, nullable=False, server_default="PENDING"),
        sa.Column("failure_reason", sa.Text),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("payment_method", sa.Text, nullable=False),
        sa.Column("allow_partial", sa.Boolean, nullable=False),
        sa.Column("shipping_address", JSON),
        sa.Column("stock_back", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("money_back", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="order_pkey"),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'PENDING', 'RESERVED', 'COMPLETED', 'IN_TRANSIT', 'DELIVERED',"
            " 'CANCELLING', 'CANCELLED', 'FAILED')",
            name="order_status_check",
        ),
        sa.CheckConstraint(
            "furthest IN ('PENDING', 'RESERVED', 'COMPLETED', 'IN_TRANSIT', 'DELIVERED')", name="order_furthest_check"
        ),
        sa.CheckConstraint("total >= 0", name="order_total_check"),
        schema="order",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("order_user_id_id_idx", "order", ["user_id", "id"], schema="order")
    op.create_index("order_created_at_idx", "order", ["created_at"], schema="order", postgresql_using="brin")


def _line() -> None:
    op.create_table(
        "line",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("product_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit_price", sa.BigInteger, nullable=False),
        sa.Column("dropped", sa.Boolean, nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("order_id", "position", name="line_pkey"),
        sa.CheckConstraint("quantity > 0", name="line_quantity_check"),
        sa.CheckConstraint("unit_price >= 0", name="line_unit_price_check"),
        schema="order",
    )


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("detail", JSON),
        sa.Column("message_id", sa.Uuid),
        sa.Column("causation_id", sa.Uuid),
        sa.PrimaryKeyConstraint("order_id", "id", name="event_pkey"),
        schema="order",
    )
