"""Payments that are taken elsewhere or changed by hand, and those that the provider has to be asked about again."""

import sqlalchemy as sa
from alembic import op

revision = "payment_0004"
down_revision = "payment_0003"


def upgrade() -> None:
    for name in ("elsewhere", "unsaid"):
        column = sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column("payment", column, schema="payment")
    op.add_column("payment", sa.Column("refund_by", sa.Text), schema="payment")
    op.add_column("payment", sa.Column("ask_at", sa.DateTime(timezone=True)), schema="payment")
    op.create_check_constraint("payment_refund_by", "payment", "refund_by IN ('hand', 'provider')", schema="payment")
    op.create_index(
        "payment_ask", "payment", ["ask_at"], schema="payment", postgresql_where=sa.text("ask_at IS NOT NULL")
    )
