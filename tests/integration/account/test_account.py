import asyncio

import msgspec
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import Customer
from workers.account import store, views
from workers.account.store import DuplicateEmail, NewUser
from workers.runtime.database import Database

_SLOWLY = text("SELECT pg_sleep(0.2)")
_COUNT = text('SELECT count(*) FROM account."user"')


async def register(database: Database, email: str) -> views.User:
    async with database.transaction() as tx:
        user = await store.register(tx, NewUser(name=" Zoë ", email=email, phone="+49 30 1"))
        await tx.execute(_SLOWLY)
    return user


async def test_a_user_is_found_again(database: Database) -> None:
    user = await register(database, " zoe@example.com ")
    async with database.transaction() as tx:
        assert await views.get(tx, user.id) == user
        assert await views.get(tx, uuid7()) is None
    assert (user.name, user.email, user.phone) == ("Zoë", "zoe@example.com", "+49 30 1")
    assert set(msgspec.to_builtins(user)) == {"id", "name", "email", "phone", "createdAt"}


async def test_of_many_at_once_with_one_address_one_is_registered(database: Database) -> None:
    spellings = ["zoe@example.com", "Zoe@example.com", "ZOE@EXAMPLE.COM", "zoe@Example.com"]
    answers = await asyncio.gather(*(register(database, email) for email in spellings), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["DuplicateEmail"] * 3 + ["User"]
    async with database.transaction() as tx:
        assert (await tx.execute(_COUNT)).scalar_one() == 1


async def test_the_transaction_survives_a_duplicate(database: Database) -> None:
    async with database.transaction() as tx:
        await store.register(tx, NewUser(name="A", email="a@example.com"))
        with pytest.raises(DuplicateEmail, match=r"A@example\.com is registered"):
            await store.register(tx, NewUser(name="B", email="A@example.com"))
        await store.register(tx, NewUser(name="C", email="c@example.com"))
    async with database.transaction() as tx:
        assert [user.name for user in await views.page(tx, limit=10)] == ["C", "A"]


async def test_users_are_listed_newest_first(database: Database) -> None:
    async with database.transaction() as tx:
        users = [await store.register(tx, NewUser(name=str(n), email=f"{n}@example.com")) for n in range(5)]
        newest = users[::-1]
        assert await views.page(tx, limit=2) == newest[:2]
        assert await views.page(tx, limit=2, before=newest[1].id) == newest[2:4]


async def test_customers_are_those_that_exist(database: Database) -> None:
    async with database.transaction() as tx:
        user = await store.register(tx, NewUser(name="A", email="a@example.com", phone="+49 30 1"))
        found = await views.customers(tx, [user.id, uuid7()])
    assert found == {user.id: Customer(user_id=user.id, name="A", email="a@example.com", phone="+49 30 1")}
