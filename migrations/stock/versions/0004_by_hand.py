"""Reserve by hand: apart from an order's own reservation, and ended by the clock.

``order_id`` stays the saga's, and unique: an order whose place somebody had taken would never get stock. Both indexes
hold reservations by hand alone, and ``lapses_at`` those that are still held: an order's way touches neither.
"""

import sqlalchemy as sa
from alembic import op

revision = "stock_0004"
down_revision = "stock_0003"


def upgrade() -> None:
    op.add_column("reservation", sa.Column("meant_for", sa.Uuid), schema="stock")
    op.add_column("reservation", sa.Column("lapses_at", sa.DateTime(timezone=True)), schema="stock")
    op.create_check_constraint(
        "reservation_by_hand_check",
        "reservation",
        "order_id IS NULL OR meant_for IS NULL AND lapses_at IS NULL",
        schema="stock",
    )
    for column in ("meant_for", "lapses_at"):
        op.create_index(
            f"reservation_{column}_idx",
            "reservation",
            [column],
            schema="stock",
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
