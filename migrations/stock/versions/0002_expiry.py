"""Find the reservations that have just expired."""

from alembic import op

revision = "stock_0002"
down_revision = "stock_0001"


def upgrade() -> None:
    op.create_index("reservation_expires_at_idx", "reservation", ["expires_at"], schema="stock")
