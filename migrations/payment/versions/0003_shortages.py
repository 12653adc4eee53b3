"""What a partial order goes without, for those who hear that it is paid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "payment_0003"
down_revision = "payment_0002"


def upgrade() -> None:
    op.add_column("payment", sa.Column("short", JSON), schema="payment")
