"""Every attempt is kept, and a notification can be sent once more: what was one error column is a table."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "notification_0003"
down_revision = "notification_0002"

_ROOM = "notification"


def upgrade() -> None:
    _attempt()
    op.execute("""
        INSERT INTO notification.attempt (notification_id, number, at, outcome, error)
        SELECT id, greatest(attempts, 1), updated_at,
               CASE status WHEN 'PENDING' THEN 'POSTPONED' ELSE status END, error
          FROM notification.notification WHERE status <> 'PENDING' OR error IS NOT NULL
    """)
    # What could not be written failed without being counted; the next attempt would have the number of its first.
    op.execute("UPDATE notification.notification SET attempts = 1 WHERE status <> 'PENDING' AND attempts = 0")
    op.drop_column("notification", "error", schema=_ROOM)
    moment = sa.DateTime(timezone=True)
    resends: sa.Column[list[datetime]] = sa.Column("resends", ARRAY(moment), nullable=False, server_default="{}")
    op.add_column("notification", resends, schema=_ROOM)
    for name in ("leased_until", "tried_since"):
        op.add_column("notification", sa.Column(name, moment), schema=_ROOM)


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("notification_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("reference", sa.Text),
        sa.PrimaryKeyConstraint("notification_id", "number", name="attempt_pkey"),
        sa.CheckConstraint("outcome IN ('SENT', 'POSTPONED', 'FAILED')", name="attempt_outcome"),
        schema=_ROOM,
    )
