"""Who is at work, as each process says every few seconds, and which queues are paused, by whom and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "operations_0002"
down_revision = "operations_0001"


def upgrade() -> None:
    op.create_table(
        "process",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("busy", sa.Double, nullable=False),
        sa.Column("memory", sa.BigInteger, nullable=False),
        sa.Column("waiting", JSON, nullable=False),
        schema="operations",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "queue_pause",
        sa.Column("queue", sa.Text, primary_key=True),
        sa.Column("by", sa.Text),
        sa.Column("why", sa.Text),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        schema="operations",
    )
