"""What is written of users."""

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from workers.account.views import User

_REGISTER = text("""
    INSERT INTO account."user" (id, name, email, phone) VALUES (:id, :name, :email, :phone)
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
    try:
        async with tx.begin_nested():
            row = (await tx.execute(_REGISTER, values)).mappings().one()
    except IntegrityError as error:
        if _constraint(error) == "user_email_key":
            raise DuplicateEmail(f"{values['email']} is registered already") from None
        raise
    return User(**row)


def _constraint(error: IntegrityError) -> str | None:
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None)
