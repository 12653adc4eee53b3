"""What the runtime keeps in the schema of the operations: who is at work, and which queues are paused."""

from sqlalchemy import BigInteger, Column, DateTime, Double, Integer, MetaData, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData(schema="operations")

process = Table(
    "process",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("room", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("busy", Double, nullable=False),
    Column("memory", BigInteger, nullable=False),
    Column("waiting", JSON, nullable=False),
    postgresql_with={"fillfactor": "50"},  # an announcement is an update in place
)

queue_pause = Table(
    "queue_pause",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("by", Text),
    Column("why", Text),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
