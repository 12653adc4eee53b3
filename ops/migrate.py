"""Brings every database up to date: the post's tables in each, and every room's own where that room lives."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.script import Script
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

import migrations
from ops.errors import OpsError
from workers.runtime.settings import OPERATIONS, ROOMS, Settings

HISTORIES = Path(migrations.__file__).parent
_LOCK = text("SELECT pg_advisory_lock(hashtext('orderfleet.migrate'))")


def upgrade(settings: Settings) -> None:
    """Bring every database up to date. Safe to run again, and by several processes at once.

    Raises:
        OpsError: when a database cannot be reached.
    """
    for url in settings.database_urls():
        with _locked(url) as connection:
            for history in ("post", *_rooms(settings, url)):
                connection.execute(CreateSchema(history, if_not_exists=True))
                connection.commit()
                command.upgrade(config(history, connection), "head")


def new(history: str, message: str) -> Path:
    """Begin a new migration at the end of a history, and return the file to write it in."""
    made = config(history)
    number = len(list((HISTORIES / history / "versions").glob("[0-9]*.py"))) + 1
    made.set_main_option("file_template", f"{number:04}_%%(slug)s")
    script = command.revision(made, message, rev_id=f"{history}_{number:04}")
    return Path(cast("Script", script).path)


def config(history: str, connection: Connection | None = None) -> Config:
    """Return what Alembic has to know to work on one history."""
    made = Config(attributes={"connection": connection, "schema": history})
    made.set_main_option("script_location", str(HISTORIES).replace("%", "%%"))
    made.set_main_option("version_locations", str(HISTORIES / history / "versions").replace("%", "%%"))
    made.set_main_option("path_separator", "newline")
    return made


def _rooms(settings: Settings, url: str) -> Iterable[str]:
    return (room for room in (*ROOMS, OPERATIONS) if settings.room_database_url(room) == url)


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """Connect twice: what holds the lock must outlive every transaction of what migrates."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as guard, engine.connect() as connection:
            guard.execution_options(isolation_level="AUTOCOMMIT").execute(_LOCK)
            yield connection
    except OperationalError as error:
        raise OpsError(
            f"the database {make_url(url).render_as_string()} cannot be reached: {_first_line(error.orig)}"
        ) from error


def _first_line(error: object) -> str:
    return str(error).splitlines()[0]
