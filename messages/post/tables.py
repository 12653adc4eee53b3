"""The post's tables. They stand in every database that a room lives in, beside the room's own."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData(schema="post")

receipt = Table(
    "receipt",
    metadata,
    Column("consumer", Text, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("replies", JSON),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("message_id", "consumer", name="receipt_pkey"),
    Index("receipt_subject_idx", "subject"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("envelope", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("leased_until", DateTime(timezone=True), nullable=False, server_default="-infinity"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Index("outbox_subject_idx", text("(envelope ->> 'subject')")),
    postgresql_with={"fillfactor": "50"},  # a lease is an update in place
)

failure = Table(
    "failure",
    metadata,
    Column("subject", Uuid, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("consumer", Text, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("type", Text),
    Column("attempt", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("rung", Text),
    Column("reason", Text),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("subject", "id", name="failure_pkey"),
    Index("failure_at_idx", "at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("key", name="idempotency_pkey"),
    Index("idempotency_at_idx", "at"),
)
