"""Not every notification is about an order: a welcome is about a user, an alert about the message that said it.

So what one is about has a column of its own, and with it whom it is for, who may have a telephone. Each channel has its
own line of what is due: a backlog of one must not be in the way of the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "notification_0002"
down_revision = "notification_0001"

_ROOM = "notification"


def upgrade() -> None:
    _recipient()
    _about()
    _due()


def _recipient() -> None:
    op.alter_column("recipient", "order_id", new_column_name="about", schema=_ROOM)
    op.alter_column("recipient", "user_id", nullable=True, schema=_ROOM)
    op.add_column("recipient", sa.Column("phone", sa.Text), schema=_ROOM)


def _about() -> None:
    op.alter_column("notification", "order_id", new_column_name="about", schema=_ROOM)
    op.add_column("notification", sa.Column("order_id", sa.Uuid), schema=_ROOM)
    op.execute("UPDATE notification.notification SET order_id = about")
    op.create_check_constraint("notification_order", "notification", "order_id = about", schema=_ROOM)


def _due() -> None:
    op.drop_index("notification_due", "notification", schema=_ROOM)
    waiting = sa.text("status = 'PENDING'")
    op.create_index("notification_due", "notification", ["channel", "due_at"], schema=_ROOM, postgresql_where=waiting)
