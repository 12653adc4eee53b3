"""The tables of Orderfleet's own migrations, as mapped classes, without columns that nobody here reads or writes.

Here is what an order begins with; what comes of it is in ``outcomes``.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, func
from sqlalchemy.dialects.postgresql import JSON, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7


class Base(DeclarativeBase):
    """All mapped classes."""

    type_annotation_map = {dict[str, Any]: JSON, datetime: TIMESTAMP(timezone=True)}


class User(Base):
    """Who orders."""

    __tablename__ = "user"
    __table_args__ = {"schema": "account"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


class Product(Base):
    """What is sold."""

    __tablename__ = "product"
    __table_args__ = {"schema": "stock"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    currency: Mapped[str]
    on_hand: Mapped[int]
    reserved: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(onupdate=func.now())


class Order(Base):
    """An order."""

    __tablename__ = "order"
    __table_args__ = {"schema": "order"}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID]
    customer_name: Mapped[str]
    customer_email: Mapped[str]
    status: Mapped[str] = mapped_column(default="PENDING")
    furthest: Mapped[str] = mapped_column(default="PENDING")
    total: Mapped[int]
    currency: Mapped[str]
    payment_method: Mapped[str]
    allow_partial: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=func.now())
    updated_at: Mapped[datetime] = mapped_column(default=func.now(), onupdate=func.now())
    lines: Mapped[list["OrderLine"]] = relationship()
    events: Mapped[list["OrderEvent"]] = relationship()


class OrderLine(Base):
    """A line of an order."""

    __tablename__ = "line"
    __table_args__ = {"schema": "order"}

    order_id: Mapped[UUID] = mapped_column(ForeignKey(Order.id), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[UUID]
    name: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[int]


class OrderEvent(Base):
    """A row of an order's history."""

    __tablename__ = "event"
    __table_args__ = {"schema": "order"}

    order_id: Mapped[UUID] = mapped_column(ForeignKey(Order.id))
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]]
