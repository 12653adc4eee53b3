"""Which steps of a shipment a carrier reported: the others were the clock's, or a customer's."""

import sqlalchemy as sa
from alembic import op

revision = "shipping_0002"
down_revision = "shipping_0001"


def upgrade() -> None:
    reported = sa.Column("reported", sa.Boolean, nullable=False, server_default=sa.text("false"))
    op.add_column("event", reported, schema="shipping")
