"""Products, reservations and the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "stock_0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS stock")
    _product()
    _reservation()
    _reservation_line()
    _ledger()


def _product() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sku", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("on_hand", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("reserved", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("low_stock_threshold", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="product_pkey"),
        sa.UniqueConstraint("sku", name="product_sku_key"),
        sa.CheckConstraint("price >= 0", name="product_price_check"),
        sa.CheckConstraint("reserved >= 0", name="product_reserved_check"),
        sa.CheckConstraint("on_hand >= reserved", name="product_on_hand_check"),
        schema="stock",
        postgresql_with={"fillfactor": "70"},
    )


def _reservation() -> None:
    op.create_table(
        "reservation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("short", JSON),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("committed_at", sa.DateTime(timezone=True)),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="reservation_pkey"),
        sa.UniqueConstraint("order_id", name="reservation_order_id_key"),
        sa.CheckConstraint(
            "status IN ('HELD', 'REFUSED', 'COMMITTED', 'RELEASED', 'EXPIRED')", name="reservation_status_check"
        ),
        schema="stock",
        postgresql_with={"fillfactor": "75"},
    )


def _reservation_line() -> None:
    op.create_table(
        "reservation_line",
        sa.Column("reservation_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("product_id", sa.Uuid, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("dropped", sa.Boolean, nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("reservation_id", "position", name="reservation_line_pkey"),
        sa.CheckConstraint("quantity > 0", name="reservation_line_quantity_check"),
        schema="stock",
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("product_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("delta", sa.BigInteger, nullable=False),
        sa.Column("order_id", sa.Uuid),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("product_id", "id", name="ledger_pkey"),
        sa.CheckConstraint(
            "kind IN ('initial', 'added', 'removed', 'committed', 'returned')", name="ledger_kind_check"
        ),
        schema="stock",
    )
