"""The account room's tables."""

from sqlalchemy import Column, DateTime, Index, MetaData, Table, Text, Uuid, func, text

metadata = MetaData(schema="account")

user = Table(
    "user",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("user_email_key", text("lower(email)"), unique=True),
)
