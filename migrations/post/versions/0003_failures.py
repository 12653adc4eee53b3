"""Attempts that failed, for the timelines of their orders. Written only when something fails."""

import sqlalchemy as sa
from alembic import op

revision = "post_0003"
down_revision = "post_0002"


def upgrade() -> None:
    op.create_table(
        "failure",
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("message_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("rung", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("subject", "id", name="failure_pkey"),
        schema="post",
    )
