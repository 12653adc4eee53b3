"""Who orders."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body

from gateway.fields import Email, Name, Phone
from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.problems import conflict, missing
from gateway.wanted import Cursor, InDatabases, Limit, PathId
from workers.account import store, views
from workers.account.views import User

_EXAMPLE = Example(summary="Ada", value={"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 30 1234567"})


class NewUser(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Somebody who wants to order."""

    name: Name
    email: Email
    phone: Phone | None = None


@post("/users", summary="Register a user", tags=["Users"], responses=problems(400, 409, 413))
async def register_user(databases: InDatabases, data: Annotated[NewUser, Body(examples=[_EXAMPLE])]) -> Response[User]:
    """Register a user."""
    try:
        async with databases.transaction("account") as tx:
            user = await store.register(tx, store.NewUser(name=data.name, email=data.email, phone=data.phone))
    except store.DuplicateEmail:
        raise conflict("duplicate-email", "Duplicate email", {"/email": "Another user has this address"}) from None
    return Response(user, headers={"Location": f"/users/{user.id}"}, status_code=HTTPStatus.CREATED)


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
