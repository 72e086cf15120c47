"""In production the API and the workers do not start with a login that could do more than the application needs."""

import asyncio
from typing import TYPE_CHECKING

from backend.commands.failures import Refused

if TYPE_CHECKING:
    from backend.settings import Settings

LOGIN = """
SELECT session_user::text AS login, current_user::text AS acts_as, r.rolsuper AS superuser,
       r.rolbypassrls AS bypasses_rls,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'intake', 'reporting')
                  AND pg_has_role(session_user, c.relowner, 'MEMBER')) AS owner,
       current_setting('server_version') AS version
  FROM pg_roles r WHERE r.rolname = session_user
"""


def faults_of(login: str, *, superuser: bool, bypasses_rls: bool, owner: bool) -> list[str]:
    """What this login may that it should not."""
    found = {"is a superuser": superuser, "has BYPASSRLS": bypasses_rls, "owns the tables": owner}
    return [f"the login {login} {what}" for what, there in found.items() if there]


def check_login(settings: "Settings") -> None:
    """Refuse a login that is superuser, has BYPASSRLS or owns the tables; production mode only.

    Raises:
        Refused: names the login and what is wrong.
    """
    if settings.production:
        asyncio.run(_check(settings.database_url))


async def _check(url: str) -> None:
    from backend.kit.db import Database
    from backend.kit.roles import APPLICATION

    async with Database(url, role=APPLICATION, size=1) as database, database.begin() as uow:
        row = await uow.fetchrow(LOGIN)
    if row is None:
        raise Refused("production mode: the database login cannot be examined")
    faults = faults_of(row["login"], superuser=row["superuser"], bypasses_rls=row["bypasses_rls"], owner=row["owner"])
    if faults:
        raise Refused(f"production mode refuses DATABASE_URL: {', '.join(faults)}")
