"""Payments, their attempts, and the simulated provider's books."""

import sqlalchemy as sa
from alembic import op

revision = "payment_0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS payment")
    _payment()
    _attempt()
    _simulated_charge()


def _payment() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="PENDING"),
        sa.Column("give_up", sa.Text),
        sa.Column("refunded_amount", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("failure_reason", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
        sa.Column("reference", sa.Text),
        sa.Column("void_due_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="payment_pkey"),
        sa.CheckConstraint("amount >= 0 AND refunded_amount BETWEEN 0 AND amount", name="payment_amounts"),
        sa.CheckConstraint("give_up IN ('cancelled', 'expired')", name="payment_give_up"),
        sa.CheckConstraint(
            "status IN ('PENDING', 'COMPLETED', 'FAILED', 'VOIDED', 'REFUNDING', 'REFUNDED', 'REFUND_FAILED')",
            name="payment_status",
        ),
        schema="payment",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("payment_order_id_key", "payment", ["order_id"], schema="payment", unique=True)
    op.create_index(
        "payment_void_due",
        "payment",
        ["void_due_at"],
        schema="payment",
        postgresql_where=sa.text("void_due_at IS NOT NULL"),
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("message_id", sa.Uuid),
        sa.PrimaryKeyConstraint("payment_id", "id", name="attempt_pkey"),
        schema="payment",
    )


def _simulated_charge() -> None:
    op.create_table(
        "simulated_charge",
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answers_at", sa.Integer, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("key", name="simulated_charge_pkey"),
        schema="payment",
    )
