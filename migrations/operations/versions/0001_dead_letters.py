"""Dead letters, out of their queues: to be searched, grouped, mended and sent again, with who did what.

A fingerprint of queue, properties and body makes a letter that is delivered twice one row. What waits is paged by
queue; what was settled is found by its age, to be cleaned; and an order's timeline and a replay's outcome look by order
and by message.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "operations_0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS operations")
    _letters()
    _indexes()
    _actions()


def _letters() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("fingerprint", sa.Uuid, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("found_in", sa.Text, nullable=False),
        sa.Column("message_id", sa.Uuid),
        sa.Column("type", sa.Text),
        sa.Column("subject", sa.Uuid),
        sa.Column("said_by", sa.Text),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("causation_id", sa.Uuid),
        sa.Column("traceparent", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("traceback", sa.Text),
        sa.Column("worker", sa.Text),
        sa.Column("host", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("original", sa.LargeBinary),
        sa.Column("status", sa.Text, nullable=False, server_default="dead"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        schema="operations",
    )


def _indexes() -> None:
    waiting, settled = sa.text("status = 'dead'"), sa.text("status <> 'dead'")
    schema = "operations"
    op.create_index("dead_letter_fingerprint_key", "dead_letter", ["fingerprint"], schema=schema, unique=True)
    op.create_index("dead_letter_waiting_idx", "dead_letter", ["queue", "id"], schema=schema, postgresql_where=waiting)
    op.create_index("dead_letter_settled_idx", "dead_letter", ["settled_at"], schema=schema, postgresql_where=settled)
    op.create_index("dead_letter_subject_idx", "dead_letter", ["subject"], schema=schema)
    op.create_index("dead_letter_message_idx", "dead_letter", ["message_id"], schema=schema)


def _actions() -> None:
    letter = sa.ForeignKey("operations.dead_letter.id", ondelete="CASCADE")
    op.create_table(
        "dead_letter_action",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("letter_id", sa.Uuid, letter, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        schema="operations",
    )
    op.create_index("dead_letter_action_letter_idx", "dead_letter_action", ["letter_id"], schema="operations")
