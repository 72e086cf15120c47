"""From a verified token to the person, with departments, roles and what was opened by breaking the glass."""

from uuid import UUID

import msgspec

from backend.kit.access import Opened, Principal
from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database

TOPIC = "identity"
"""What a change of people, departments or broken glass is told as."""

_PRINCIPAL = """
SELECT u.id, u.name, u.roles,
       (SELECT coalesce(json_object_agg(m.department_id, m.roles), '{}')
          FROM membership m JOIN department d ON d.id = m.department_id AND d.active
         WHERE m.user_id = u.id) AS departments,
       (SELECT coalesce(json_agg(json_build_object('ids', g.subjects, 'until', g.until)), '[]')
          FROM break_glass g WHERE g.user_id = u.id AND g.until > now()) AS opened
  FROM user_login l JOIN app_user u ON u.id = l.user_id AND u.active
 WHERE l.issuer = $1 AND l.subject = $2
"""


class PrincipalStore:
    """Finds the person of a token; kept in memory until anything about people, departments or broken glass changes."""

    def __init__(self, database: Database, feed: ChangeFeed) -> None:
        self._database = database
        self._cache = Cache(feed, TOPIC, self._load)

    async def find(self, issuer: str, subject: str, client: str | None) -> Principal | None:
        """The active user whom this issuer calls `subject`."""
        return await self._cache.get((issuer, subject, client))

    async def _load(self, key: tuple[str, str, str | None]) -> Principal | None:
        async with self._database.begin() as uow:
            row = await uow.fetchrow(_PRINCIPAL, key[0], key[1])
        if row is None:
            return None
        departments = {UUID(name): frozenset(roles) for name, roles in row["departments"].items()}
        roles = frozenset(row["roles"]).union(*departments.values())
        opened = msgspec.convert(row["opened"], tuple[Opened, ...])
        return Principal(
            id=row["id"], name=row["name"], roles=roles, departments=departments, client=key[2], opened=opened
        )
