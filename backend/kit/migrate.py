"""Bringing a database to the newest schema: roles where allowed, then Alembic, each migration in one transaction."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from backend.kit import roles
from backend.kit.db import constraint_of, driver_url

T = TypeVar("T")

FOLDER = Path(__file__).parents[2] / "migrations"


class RolesMissing(Exception):
    """The database roles are not there and this login may not make them.

    Attributes:
        script: SQL for a database administrator.
    """

    def __init__(self, script: str) -> None:
        super().__init__("the database roles are missing and this login may not create them")
        self.script = script


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _make_roles(connection: Connection) -> None:
    """Create the roles and the owner's rights; harmless when they are there."""
    database = str(connection.scalar(text("SELECT current_database()")))
    script = roles.script(database)
    names = [roles.OWNER, roles.APPLICATION, roles.INTAKE, roles.REPORTING, roles.AUDITOR]
    query = text("SELECT count(*) FROM pg_roles WHERE rolname = ANY(:names)")
    found = connection.scalar(query, {"names": names})
    rights = (
        f"pg_has_role('{roles.OWNER}', 'MEMBER')",
        f"has_schema_privilege('{roles.OWNER}', 'public', 'CREATE')",
        f"has_schema_privilege('{roles.APPLICATION}', 'public', 'USAGE')",
    )
    ready = found == len(names) and connection.scalar(text(f"SELECT {' AND '.join(rights)}"))
    if ready:
        connection.rollback()
        return
    try:
        raw: Any = connection.connection.dbapi_connection
        raw.run_async(lambda driver: driver.execute(script))
        connection.execute(text(f"GRANT {roles.OWNER} TO CURRENT_USER"))
        connection.commit()
    except (DBAPIError, asyncpg.PostgresError) as error:
        connection.rollback()
        state = (constraint_of(error) or ("", ""))[0]
        if state == "42501":
            raise RolesMissing(f"{script}GRANT {roles.OWNER} TO {_login(connection)};\n") from error
        raise


def _login(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT quote_ident(session_user)")))


async def upgrade(url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Make roles and tables; gives the revision before and after.

    Args:
        url: a login that is (or may become) a member of the owner role.
        revision: how far.

    Raises:
        RolesMissing: an administrator has to run its `script` first.
    """
    return await _with(url, lambda connection: _upgrade(connection, revision))


async def downgrade(url: str, revision: str) -> tuple[str | None, str | None]:
    """Undo migrations down to `revision` (tests; a production database is restored from a backup instead)."""
    return await _with(url, lambda connection: _run(connection, command.downgrade, revision))


async def pending(url: str) -> bool:
    """Whether migrations wait to be applied."""
    before, head = await _with(url, lambda connection: (_revision(connection), _head(connection)))
    return before != head


async def _with(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(driver_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> tuple[str | None, str | None]:
    _make_roles(connection)
    return _run(connection, command.upgrade, revision)


def _run(connection: Connection, verb: Any, revision: str) -> tuple[str | None, str | None]:
    before = _revision(connection)
    verb(_config(connection), revision)
    return before, _revision(connection)


def _revision(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return revision


def _head(connection: Connection) -> str | None:
    return ScriptDirectory.from_config(_config(connection)).get_current_head()
