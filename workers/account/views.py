"""What is read of users."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Customer

_GET = text('SELECT id, name, email, phone, created_at FROM account."user" WHERE id = :id')
_FIRST = text('SELECT id, name, email, phone, created_at FROM account."user" ORDER BY id DESC LIMIT :limit')
_NEXT = text("""
    SELECT id, name, email, phone, created_at FROM account."user" WHERE id < :before ORDER BY id DESC LIMIT :limit
""")
_CUSTOMERS = text('SELECT id, name, email, phone FROM account."user" WHERE id = ANY(cast(:ids AS uuid[]))')


class User(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A user as HTTP shows it."""

    id: UUID
    name: str
    email: str
    phone: str | None
    created_at: datetime


async def get(tx: AsyncConnection, id: UUID) -> User | None:  # noqa: A002 - what the caller has
    """Return one user."""
    row = (await tx.execute(_GET, {"id": id})).mappings().one_or_none()
    return User(**row) if row else None


async def page(tx: AsyncConnection, *, limit: int, before: UUID | None = None) -> list[User]:
    """Return users, newest first, from the one after ``before``."""
    rows = await tx.execute(_NEXT if before else _FIRST, {"limit": limit, "before": before})
    return [User(**row) for row in rows.mappings()]


async def customers(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """Return those of the users that exist, as messages speak of them."""
    rows = await tx.execute(_CUSTOMERS, {"ids": list(ids)})
    return {row.id: Customer(user_id=row.id, name=row.name, email=row.email, phone=row.phone) for row in rows}
