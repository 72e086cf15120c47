"""The platform for one command: connected, acting as itself, closed at the end."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from backend.app import Platform
from backend.commands.failures import Refused
from backend.kit.db import STATEMENT_SECONDS, Database
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.kit.work import Work
from backend.settings import Settings


@asynccontextmanager
async def connected(settings: Settings, *, statement_seconds: int = STATEMENT_SECONDS) -> AsyncIterator[Platform]:
    """The platform without its background tasks; other processes know that it is there, and which keys it has.

    Raises:
        Refused: its key file does not go together with theirs.
    """
    database = Database(settings.database_url, role=APPLICATION, statement_seconds=statement_seconds)
    platform = Platform(settings, database)
    try:
        async with platform.keeper.keeping(database, "command", quiet=True):
            try:
                await platform.keeper.settled()
            except ProblemError as error:
                raise Refused(platform.keeper.reason() or "this process is not let in", 1) from error
            yield platform
    finally:
        await database.close()


@asynccontextmanager
async def acting(platform: Platform, action: str) -> AsyncIterator[Work]:
    """One unit of work of the platform itself, committed at the end.

    The audit log gets the name of the operating system's user in `trace`: there is no other identity here.
    """
    async with platform.database.transaction(EVERYTHING) as uow:
        yield platform.work(uow, None, action, f"cli:{_login()}:{uuid4()}")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return "unknown"
