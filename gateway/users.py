"""Who orders."""

from typing import Annotated

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.fields import Email, Name, Phone
from gateway.once import create
from gateway.openapi import Creation, problems
from gateway.paging import Page, turn
from gateway.problems import conflict, missing
from gateway.saying import say
from gateway.tracing import traceparent
from gateway.wanted import Cursor, InDatabases, Limit, PathId
from messages.account import UserRegistered
from messages.post import outbox
from workers.account import store, views
from workers.account.views import User

_EXAMPLE = Example(summary="Ada", value={"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 30 1234567"})


class NewUser(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Somebody who wants to order."""

    name: Name
    email: Email
    phone: Phone | None = None


@post(
    "/users",
    summary="Register a user",
    tags=["Users"],
    responses=problems(400, 409, 413, 422),
    operation_class=Creation,
)
async def register_user(
    request: Request[None, None, State], databases: InDatabases, data: Annotated[NewUser, Body(examples=[_EXAMPLE])]
) -> Response[User]:
    """Register a user, who is then welcomed by mail. An address belongs to one user, whatever its case."""
    trace = traceparent(request.scope["headers"])
    return await create(request, databases, "account", lambda tx: _register(tx, data, trace))


async def _register(tx: AsyncConnection, new: NewUser, trace: str | None) -> User:
    """Register a user and have it said, all in ``tx``."""
    try:
        user = await store.register(tx, store.NewUser(name=new.name, email=new.email, phone=new.phone))
    except store.DuplicateEmail:
        raise conflict("duplicate-email", "Duplicate email", {"/email": "Another user has this address"}) from None
    message = UserRegistered(user_id=user.id, name=user.name, email=user.email, phone=user.phone)
    await outbox.put(tx, [say(message, trace)])
    return user


@get("/users", summary="List users", tags=["Users"], responses=problems(400))
async def list_users(databases: InDatabases, limit: Limit = 50, cursor: Cursor = None) -> Page[User]:
    """List users, newest first."""
    async with databases.transaction("account") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor)


@get("/users/{id:str}", summary="Show a user", tags=["Users"], responses=problems(400, 404))
async def get_user(databases: InDatabases, user_id: PathId) -> User:
    """Show one user."""
    async with databases.transaction("account") as tx:
        user = await views.get(tx, user_id)
    if user is None:
        raise missing("user")
    return user
