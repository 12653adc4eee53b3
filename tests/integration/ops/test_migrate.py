import asyncio
from collections.abc import Iterator
from importlib import import_module

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.pool import NullPool

from ops import migrate
from ops.errors import OpsError
from workers.runtime.settings import ROOMS, Settings

HISTORIES = {
    "post": ["messages.post.tables"],
    "operations": ["workers.dead.tables", "workers.runtime.tables"],
    **{room: [f"workers.{room}.tables"] for room in ROOMS},
}


def without_tables(settings: Settings) -> Settings:
    """Return settings with the same database, emptied."""
    engine = create_engine(settings.room_database_url("order"), poolclass=NullPool)
    with engine.begin() as connection:
        for history in HISTORIES:
            connection.execute(text(f'DROP SCHEMA "{history}" CASCADE'))
    return settings


def known(history: str) -> MetaData:
    """Return the tables of a history, whoever owns them."""
    whole = MetaData()
    for name in HISTORIES[history]:
        for table in import_module(name).metadata.sorted_tables:
            table.to_metadata(whole)
    return whole


def revision(settings: Settings, history: str) -> str | None:
    engine = create_engine(settings.room_database_url("order"), poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(text(f'SELECT version_num FROM "{history}".alembic_version')).scalars().all()
    return found[0] if len(found) == 1 else None


@pytest.mark.parametrize("history", HISTORIES)
def test_the_migrations_make_the_tables_that_the_code_knows(settings: Settings, history: str) -> None:
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, _: kind != "schema" or name == history,
        "version_table_schema": history,
        "compare_type": True,
        "compare_server_default": True,
    }
    engine = create_engine(settings.room_database_url("order"), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, known(history))
    assert differences == []


@pytest.mark.parametrize("history", HISTORIES)
def test_every_history_is_one_line_and_at_its_end(settings: Settings, history: str) -> None:
    (head,) = ScriptDirectory.from_config(migrate.config(history)).get_heads()
    assert revision(settings, history) == head


def test_migrating_again_changes_nothing(settings: Settings) -> None:
    migrate.upgrade(settings)
    migrate.upgrade(settings)


async def test_several_at_once_migrate_once(settings: Settings) -> None:
    empty = without_tables(settings)
    await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, empty) for _ in range(4)))
    assert all(revision(empty, history) for history in HISTORIES)


@pytest.fixture
def elsewhere(settings: Settings) -> Iterator[str]:
    """An empty database beside the fresh one."""
    server, _, name = settings.database_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"{name}_b")))
        yield f"{server}/{name}_b"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(f"{name}_b")))


def schemas(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace").fetchall()
    return {name for (name,) in found} & set(HISTORIES)


def test_a_room_that_moved_takes_the_post_with_it(settings: Settings, elsewhere: str) -> None:
    here = without_tables(settings).database_url
    migrate.upgrade(Settings(database_url=here, stock_database_url=elsewhere))
    assert schemas(elsewhere) == {"post", "stock"}
    assert schemas(here) == set(HISTORIES) - {"stock"}


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    nowhere = Settings(database_url="postgresql://me:secret@127.0.0.1:1/orders")
    with pytest.raises(OpsError, match=r"me:\*\*\*@127\.0\.0\.1:1/orders cannot be reached") as raised:
        migrate.upgrade(nowhere)
    assert "secret" not in str(raised.value)
