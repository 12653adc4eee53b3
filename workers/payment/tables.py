"""The payment room's tables, and that of the simulated provider, which no other code of the room touches."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData(schema="payment")

payment = Table(
    "payment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("short", JSON),  # what a partial order goes without
    Column("status", Text, nullable=False, server_default="PENDING"),
    Column("give_up", Text),
    Column("refunded_amount", BigInteger, nullable=False, server_default="0"),
    Column("failure_reason", Text),
    Column("attempts", Integer, nullable=False, server_default="1"),
    Column("reference", Text),
    Column("void_due_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("elsewhere", Boolean, nullable=False, server_default=false()),  # no provider takes it, or can give it back
    Column("unsaid", Boolean, nullable=False, server_default=false()),  # stock is not heard to be held: say it then
    Column("refund_by", Text),  # set when somebody wanted the refund, whatever became of the order: who gives it
    Column("ask_at", DateTime(timezone=True)),  # when to ask the provider again how it stands
    CheckConstraint(
        "status IN ('PENDING', 'COMPLETED', 'FAILED', 'VOIDED', 'REFUNDING', 'REFUNDED', 'REFUND_FAILED')",
        name="payment_status",
    ),
    CheckConstraint("give_up IN ('cancelled', 'expired')", name="payment_give_up"),
    CheckConstraint("refund_by IN ('hand', 'provider')", name="payment_refund_by"),
    CheckConstraint("amount >= 0 AND refunded_amount BETWEEN 0 AND amount", name="payment_amounts"),
    Index("payment_order_id_key", "order_id", unique=True),
    Index("payment_void_due", "void_due_at", postgresql_where=text("void_due_at IS NOT NULL")),
    Index("payment_ask", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
    postgresql_with={
        "fillfactor": "50"
    },  # a set is settled in place (HOT): no indexed column changes, but every row does
)

attempt = Table(
    "attempt",
    metadata,
    Column("payment_id", Uuid, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("outcome", Text, nullable=False),
    Column("detail", Text),
    Column("message_id", Uuid),
    PrimaryKeyConstraint("payment_id", "id", name="attempt_pkey"),
)

simulated_charge = Table(
    "simulated_charge",
    metadata,
    Column("key", Uuid, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answers_at", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("captured", BigInteger, nullable=False, server_default="0"),
    Column("refunded", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("refunded BETWEEN 0 AND captured", name="simulated_charge_amounts"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
