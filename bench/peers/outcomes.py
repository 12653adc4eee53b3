"""The tables of what comes of an order: stock held, payments, shipments and notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from bench.peers.tables import Base


class Reservation(Base):
    """Stock held for an order."""

    __tablename__ = "reservation"
    __table_args__ = {"schema": "stock"}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    order_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(default="HELD")
    expires_at: Mapped[datetime]
    committed_at: Mapped[datetime | None]
    lines: Mapped[list["ReservationLine"]] = relationship(lazy="selectin")


class ReservationLine(Base):
    """How much of one product is held."""

    __tablename__ = "reservation_line"
    __table_args__ = {"schema": "stock"}

    reservation_id: Mapped[UUID] = mapped_column(ForeignKey(Reservation.id), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[UUID]
    quantity: Mapped[int]


class LedgerEntry(Base):
    """A change of what is on hand."""

    __tablename__ = "ledger"
    __table_args__ = {"schema": "stock"}

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    product_id: Mapped[UUID]
    kind: Mapped[str]
    delta: Mapped[int]
    order_id: Mapped[UUID]


class Payment(Base):
    """A payment."""

    __tablename__ = "payment"
    __table_args__ = {"schema": "payment"}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    order_id: Mapped[UUID]
    amount: Mapped[int]
    currency: Mapped[str]
    method: Mapped[str]
    status: Mapped[str]
    attempts_made: Mapped[list["PaymentAttempt"]] = relationship()


class PaymentAttempt(Base):
    """What came of asking for it."""

    __tablename__ = "attempt"
    __table_args__ = {"schema": "payment"}

    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    outcome: Mapped[str]


class Agent(Base):
    """Who delivers."""

    __tablename__ = "agent"
    __table_args__ = {"schema": "shipping"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    busy: Mapped[int]


class Shipment(Base):
    """A shipment."""

    __tablename__ = "shipment"
    __table_args__ = {"schema": "shipping"}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    order_id: Mapped[UUID]
    status: Mapped[str]
    agent_id: Mapped[UUID]
    tracking_number: Mapped[str]
    events: Mapped[list["ShipmentEvent"]] = relationship()


class ShipmentEvent(Base):
    """A row of a shipment's history."""

    __tablename__ = "event"
    __table_args__ = {"schema": "shipping"}

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey(Shipment.id))
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    status: Mapped[str]


class Recipient(Base):
    """Whom to write to about an order."""

    __tablename__ = "recipient"
    __table_args__ = {"schema": "notification"}

    about: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    name: Mapped[str]
    email: Mapped[str]


class Notification(Base):
    """What is to be said to somebody."""

    __tablename__ = "notification"
    __table_args__ = {"schema": "notification"}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    about: Mapped[UUID]
    order_id: Mapped[UUID]
    template: Mapped[str]
    detail: Mapped[dict[str, Any]]
