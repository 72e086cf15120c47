"""Users made and kept at login."""

from hashlib import blake2b
from uuid import UUID

import structlog
from sqlalchemy import select

from backend.identity.logins.errors import login_closed, no_roles
from backend.identity.logins.rules import granted
from backend.identity.logins.schemas import LoginRecord, LoginView
from backend.identity.models import Department, Membership, User, UserLogin
from backend.identity.principals.service import TOPIC
from backend.identity.service import replace_memberships
from backend.kit.problems import ProblemError
from backend.kit.schema import given
from backend.kit.text import fold
from backend.kit.work import Work

log = structlog.get_logger("login")

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock($1)"
_LONGEST = 40


class LoginService:
    """Logins of staff.

    Args:
        work: the unit of work.
        organisation: our own code in the claims.
    """

    def __init__(self, work: Work, organisation: str) -> None:
        self._work = work
        self._organisation = organisation

    async def record(self, data: LoginRecord) -> LoginView | ProblemError:
        """The user of this login, made or brought up to date; a 403 that is given back stands beside changes."""
        key = blake2b(f"{data.issuer}\0{data.subject}".encode(), digest_size=8).digest()
        await self._work.uow.execute(_ONE_AT_A_TIME, int.from_bytes(key, signed=True))
        said = granted(data.roles, self._organisation)
        known = await self._departments(set(said.departments))
        if strange := said.unknown + len(set(said.departments) - set(known)):
            log.warning("login.claims_unknown", many=strange)
        wanted: dict[UUID, list[str]] = {
            known[code]: sorted(roles) for code, roles in said.departments.items() if code in known
        }
        user = await self._user(data)
        if user is None:
            if not wanted and not said.roles:
                return no_roles()
            user = await self._create(data, key)
        if not user.active or user.kind != "person":
            return login_closed()
        if user.managed:
            await self._keep(user, data, sorted(said.roles), wanted)
        return await self._view(user)

    async def _departments(self, codes: set[str]) -> dict[str, UUID]:
        query = select(Department).where(Department.code.in_(codes), Department.active)
        return {one.code: one.id for one in (await self._work.uow.session.scalars(query)).all()}

    async def _user(self, data: LoginRecord) -> User | None:
        query = (
            select(User)
            .join(UserLogin, UserLogin.user_id == User.id)
            .where(UserLogin.issuer == data.issuer, UserLogin.subject == data.subject)
            .with_for_update(of=User)
        )
        found: User | None = (await self._work.uow.session.scalars(query)).one_or_none()
        return found

    async def _create(self, data: LoginRecord, key: bytes) -> User:
        session = self._work.uow.session
        user = User(
            username=_username(data.subject, key),
            name=data.name,
            email=given(data.email),
            language="nl",
            kind="person",
            roles=[],
            active=True,
            managed=True,
        )
        session.add(user)
        await session.flush()
        session.add(UserLogin(user_id=user.id, issuer=data.issuer, subject=data.subject))
        await session.flush()
        self._work.trail.record("user", [user.id], fields=["created"])
        return user

    async def _keep(self, user: User, data: LoginRecord, roles: list[str], wanted: dict[UUID, list[str]]) -> None:
        """Give exactly what the claims say; nothing is touched, nor told, when that is so already."""
        session = self._work.uow.session
        told = {"name": data.name, "email": given(data.email) or user.email, "roles": roles}
        changed = [name for name, value in told.items() if getattr(user, name) != value]
        for name in changed:
            setattr(user, name, told[name])
        query = select(Membership).where(Membership.user_id == user.id)
        held = {one.department_id: sorted(one.roles) for one in (await session.scalars(query)).all()}
        if held != wanted:
            await replace_memberships(self._work, user, wanted)
            changed.append("memberships")
        await session.flush()
        if changed:
            self._work.trail.record("user", [user.id], fields=changed)
            await self._work.feed.announce(self._work.uow, TOPIC)

    async def _view(self, user: User) -> LoginView | ProblemError:
        query = (
            select(Membership)
            .join(Department, Department.id == Membership.department_id)
            .where(Membership.user_id == user.id, Department.active)
        )
        held = (await self._work.uow.session.scalars(query)).all()
        roles = sorted(set(user.roles).union(*(one.roles for one in held)))
        self._work.trail.record("user", [user.id])
        return LoginView(user_id=user.id, name=user.name, roles=roles) if roles else no_roles()


def _username(subject: str, key: bytes) -> str:
    """What the user is called here: the subject as far as it can be, and something that makes it one of a kind."""
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in fold(subject))[:_LONGEST]
    return f"acm.{plain}.{key.hex()[:10]}"
