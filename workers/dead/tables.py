"""The dead room's tables, in the schema of the operations."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData(schema="operations")

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("fingerprint", Uuid, nullable=False),
    Column("queue", Text, nullable=False),
    Column("found_in", Text, nullable=False),
    Column("message_id", Uuid),
    Column("type", Text),
    Column("subject", Uuid),
    Column("said_by", Text),
    Column("sent_at", DateTime(timezone=True)),
    Column("causation_id", Uuid),
    Column("traceparent", Text),
    Column("reason", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("traceback", Text),
    Column("worker", Text),
    Column("host", Text),
    Column("attempts", Integer, nullable=False),
    Column("first_failed_at", DateTime(timezone=True), nullable=False),
    Column("last_failed_at", DateTime(timezone=True), nullable=False),
    Column("properties", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("original", LargeBinary),
    Column("status", Text, nullable=False, server_default="dead"),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("settled_at", DateTime(timezone=True)),
    Index("dead_letter_fingerprint_key", "fingerprint", unique=True),
    Index("dead_letter_waiting_idx", "queue", "id", postgresql_where=text("status = 'dead'")),
    Index("dead_letter_settled_idx", "settled_at", postgresql_where=text("status <> 'dead'")),
    Index("dead_letter_subject_idx", "subject"),
    Index("dead_letter_message_idx", "message_id"),
)

dead_letter_action = Table(
    "dead_letter_action",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("letter_id", Uuid, ForeignKey(dead_letter.c.id, ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("dead_letter_action_letter_idx", "letter_id"),
)
