"""From a verified token to the person, with departments, roles and what was opened by breaking the glass.

A token of a channel names whom the channel acts for: a member of staff by id, a customer by id, a visitor, or the
channel itself. Its signature was checked; that the person is still there and what the roles are now is looked up here,
so that a role taken away is gone at the next request. A customer who is no more (deleted, forgotten) is a visitor from
then on: somebody whom we do not know, and who may do what anybody may.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from backend.identity.rules import CHANNEL_ROLES, CHANNELS
from backend.kit.access import Opened, Principal
from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database, Row
from backend.kit.tokens import Verified

TOPIC = "identity"
"""What a change of people, departments or broken glass is told as."""

Members = Callable[[UUID], Awaitable[frozenset[UUID]]]
"""The customers that are one file with this one, the live one too; empty for an unknown one."""

_SHOWN = """
SELECT u.id, u.name, u.roles,
       (SELECT coalesce(json_object_agg(m.department_id, m.roles), '{}')
          FROM membership m JOIN department d ON d.id = m.department_id AND d.active
         WHERE m.user_id = u.id) AS departments,
       (SELECT coalesce(json_agg(json_build_object('ids', g.subjects, 'until', g.until)), '[]')
          FROM break_glass g WHERE g.user_id = u.id AND g.until > now()) AS opened
"""
_BY_LOGIN = f"""{_SHOWN}
  FROM user_login l JOIN app_user u ON u.id = l.user_id AND u.active WHERE l.issuer = $1 AND l.subject = $2
"""
_BY_ID = f"{_SHOWN} FROM app_user u WHERE u.id = $1 AND u.active AND u.kind = 'person'"


class PrincipalStore:
    """Finds the person of a token; kept in memory until anything about people, departments or broken glass changes.

    Args:
        database: where people are.
        feed: tells of changes.
        members: the file of a customer; asked at every request, as files are linked and parted.
    """

    def __init__(self, database: Database, feed: ChangeFeed, members: Members | None = None) -> None:
        self._database = database
        self._members = members
        self._cache = Cache(feed, TOPIC, self._load)
        self._staff = Cache(feed, TOPIC, self._load_staff)

    async def of(self, token: Verified) -> Principal | None:
        """Who this token speaks for."""
        if token.channel is None:
            return await self.find(token.issuer, token.subject, token.client)
        if token.subject == "channel":
            return self._channel(token, CHANNEL_ROLES[token.channel])
        if token.channel == "agent":
            return await self._staff.get((_uuid(token.subject), token.client))
        if token.subject == "visitor":
            return self._channel(token, "visitor")
        return await self._customer(token)

    async def find(self, issuer: str, subject: str, client: str | None) -> Principal | None:
        """The active user whom this issuer calls `subject`."""
        return await self._cache.get((issuer, subject, client))

    async def _customer(self, token: Verified) -> Principal | None:
        customer = _uuid(token.subject)
        if customer is None:
            return None
        file = await self._members(customer) if self._members else frozenset[UUID]()
        if not file:
            return self._channel(token, "visitor")
        return msgspec.structs.replace(self._channel(token, "customer"), customer=customer, file=file)

    @staticmethod
    def _channel(token: Verified, role: str) -> Principal:
        channel = token.channel or ""
        network = token.claims.get("net")
        return Principal(
            id=CHANNELS[channel],
            name=channel,
            roles=frozenset({role}),
            departments={},
            client=token.client,
            network=network if isinstance(network, str) else None,
        )

    async def _load(self, key: tuple[str, str, str | None]) -> Principal | None:
        async with self._database.begin() as uow:
            return _principal(await uow.fetchrow(_BY_LOGIN, key[0], key[1]), key[2])

    async def _load_staff(self, key: tuple[UUID | None, str | None]) -> Principal | None:
        async with self._database.begin() as uow:
            return _principal(await uow.fetchrow(_BY_ID, key[0]), key[1])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _principal(row: Row | None, client: str | None) -> Principal | None:
    if row is None:
        return None
    departments = {UUID(name): frozenset(roles) for name, roles in row["departments"].items()}
    return Principal(
        id=row["id"],
        name=row["name"],
        roles=frozenset(row["roles"]).union(*departments.values()),
        departments=departments,
        client=client,
        opened=msgspec.convert(row["opened"], tuple[Opened, ...]),
    )
