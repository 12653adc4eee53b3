"""What the simulated provider has taken, and given back."""

import sqlalchemy as sa
from alembic import op

revision = "payment_0002"
down_revision = "payment_0001"


def upgrade() -> None:
    for name in ("captured", "refunded"):
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        op.add_column("simulated_charge", column, schema="payment")
    op.execute("UPDATE payment.simulated_charge SET captured = amount WHERE status = 'CHARGED'")
    op.create_check_constraint(
        "simulated_charge_amounts", "simulated_charge", "refunded BETWEEN 0 AND captured", schema="payment"
    )
