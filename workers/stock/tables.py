"""The stock room's tables.

Nothing that an order's way changes is indexed, so that reserving, committing and releasing are updates in place (HOT);
``expires_at`` never changes, so its index may have no condition that does, and what only reservations by hand have is
null in an order's.
What belongs together is written in one transaction and never deleted, so no foreign key is looked up on that way.
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
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData(schema="stock")

product = Table(
    "product",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("sku", Text),
    Column("name", Text, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("on_hand", BigInteger, nullable=False, server_default="0"),
    Column("reserved", BigInteger, nullable=False, server_default="0"),
    Column("low_stock_threshold", BigInteger, nullable=False, server_default="0"),
    Column("alert", Text, nullable=False, server_default="NONE"),
    Column("deleted_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id", name="product_pkey"),
    CheckConstraint("price >= 0", name="product_price_check"),
    CheckConstraint("reserved >= 0", name="product_reserved_check"),
    CheckConstraint("on_hand >= reserved", name="product_on_hand_check"),
    CheckConstraint("alert IN ('NONE', 'LOW', 'DEPLETED')", name="product_alert_check"),
    Index("product_sku_key", "sku", unique=True, postgresql_where=text("deleted_at IS NULL")),
    postgresql_with={"fillfactor": "70"},
)

reservation = Table(
    "reservation",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("order_id", Uuid),  # the order whose own reservation this is
    Column("meant_for", Uuid),  # the order that was named by whoever reserved by hand
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("short", JSON),  # the shortages, as they were announced
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("lapses_at", DateTime(timezone=True)),  # what is held by hand ends then by itself
    Column("asked_at", DateTime(timezone=True)),  # when payment was asked to give up
    Column("committed_at", DateTime(timezone=True)),
    Column("released_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id", name="reservation_pkey"),
    UniqueConstraint("order_id", name="reservation_order_id_key"),
    CheckConstraint(
        "status IN ('HELD', 'REFUSED', 'COMMITTED', 'RELEASED', 'EXPIRED')", name="reservation_status_check"
    ),
    CheckConstraint("order_id IS NULL OR meant_for IS NULL AND lapses_at IS NULL", name="reservation_by_hand_check"),
    Index("reservation_expires_at_idx", "expires_at"),
    Index("reservation_meant_for_idx", "meant_for", postgresql_where=text("meant_for IS NOT NULL")),
    Index("reservation_lapses_at_idx", "lapses_at", postgresql_where=text("lapses_at IS NOT NULL")),
    postgresql_with={"fillfactor": "75"},
)

reservation_line = Table(
    "reservation_line",
    metadata,
    Column("reservation_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("dropped", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("reservation_id", "position", name="reservation_line_pkey"),
    CheckConstraint("quantity > 0", name="reservation_line_quantity_check"),
)

level_change = Table(  # a row for every change of a product that was not announced yet
    "level_change",
    metadata,
    Column("product_id", Uuid, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("delta", BigInteger, nullable=False),
    Column("order_id", Uuid),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("product_id", "id", name="ledger_pkey"),
    CheckConstraint("kind IN ('initial', 'added', 'removed', 'committed', 'returned')", name="ledger_kind_check"),
)
