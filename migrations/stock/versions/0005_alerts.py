"""Remember on the product what was said of its being low or depleted, so that it is said once.

The column is on the row that is locked and written anyway, and has no index, so the update stays in place (HOT).
Products that are low today begin as if it had been said.
"""

import sqlalchemy as sa
from alembic import op

revision = "stock_0005"
down_revision = "stock_0004"


def upgrade() -> None:
    op.add_column("product", sa.Column("alert", sa.Text, nullable=False, server_default="NONE"), schema="stock")
    op.create_check_constraint("product_alert_check", "product", "alert IN ('NONE', 'LOW', 'DEPLETED')", schema="stock")
    op.execute("""
        UPDATE stock.product SET alert = CASE WHEN on_hand = reserved THEN 'DEPLETED' ELSE 'LOW' END
         WHERE on_hand - reserved <= low_stock_threshold
    """)
