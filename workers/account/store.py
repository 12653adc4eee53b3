"""What is written of users."""

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from workers.account.views import User

_REGISTER = text("""
    INSERT INTO account."user" (id, name, email, phone) VALUES (:id, :name, :email, :phone)
    ON CONFLICT (lower(email)) DO NOTHING
    RETURNING id, name, email, phone, created_at
""")


class DuplicateEmail(Exception):  # noqa: N818 - an answer to a request, not a failure
    """This email address belongs to another user already."""


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who wants to order. The address was validated by whoever took the request."""

    name: str
    email: str
    phone: str | None = None


async def register(tx: AsyncConnection, new: NewUser) -> User:
    """Add a user; ``tx`` stays usable whatever the answer.

    Raises:
        DuplicateEmail: when the address, in whatever case, is another user's.
    """
    values = {"id": uuid7(), "name": new.name.strip(), "email": new.email.strip(), "phone": new.phone}
    row = (await tx.execute(_REGISTER, values)).mappings().one_or_none()
    if row is None:
        raise DuplicateEmail(f"{values['email']} is registered already")
    return User(**row)
