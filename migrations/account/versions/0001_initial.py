"""Users."""

import sqlalchemy as sa
from alembic import op

revision = "account_0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS account")
    _user()


def _user() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="user_pkey"),
        schema="account",
    )
    op.create_index("user_email_key", "user", [sa.text("lower(email)")], schema="account", unique=True)
