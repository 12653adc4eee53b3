"""Let a sku be used again once its product is deleted: nobody could find out which product has it."""

import sqlalchemy as sa
from alembic import op

revision = "stock_0003"
down_revision = "stock_0002"


def upgrade() -> None:
    op.drop_constraint("product_sku_key", "product", schema="stock")
    op.create_index(
        "product_sku_key",
        "product",
        ["sku"],
        schema="stock",
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
