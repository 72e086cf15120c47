"""A city's departments, users and service clients from a file, added where they are missing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from uuid_utils.compat import uuid7

from backend.commands.failures import Refused
from backend.identity.rules import GlobalRole, Role
from backend.identity.schemas import (
    DepartmentCreate,
    DepartmentKind,
    DepartmentPatch,
    DepartmentView,
    Language,
    LoginInput,
    MembershipInput,
    MembershipsReplace,
    UserCreate,
    UserPatch,
    UserView,
)
from backend.identity.service import DepartmentService, UserService
from backend.kit.paging import MAX_LIMIT, PageRequest
from backend.kit.work import Work
from backend.settings import DEV_ISSUER

V = TypeVar("V")


class CityMembership(msgspec.Struct, frozen=True, kw_only=True):
    """A role in a department, by its code."""

    department: str
    role: Role


class CityDepartment(msgspec.Struct, frozen=True, kw_only=True):
    """A department; its parent comes before it."""

    code: str
    name: str
    kind: DepartmentKind
    email: str
    phone: str | None = None
    parent: str | None = None
    sensitive: bool = False


class CityUser(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff."""

    username: str
    name: str
    email: str
    memberships: list[CityMembership]
    language: Language = "nl"


class CityClient(msgspec.Struct, frozen=True, kw_only=True):
    """An application that calls the API."""

    username: str
    name: str
    roles: list[GlobalRole]


class City(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of a city holds."""

    departments: list[CityDepartment]
    users: list[CityUser]
    clients: list[CityClient]


def read_city(file: Path) -> City:
    """The city of a JSON file.

    Raises:
        Refused: the file is not a city's.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=City)
    except msgspec.DecodeError as error:
        raise Refused(f"{file}: {error}") from error


async def add_city(work: Work, city: City) -> dict[str, int]:
    """Add what is missing; what is there stays as the city's staff made it. Gives how many of each were added."""
    departments, added = await _add_departments(DepartmentService(work), city.departments)
    users = UserService(work)
    there = {user.username async for user in _all(users.page)}
    new_users = [user for user in city.users if user.username not in there]
    for user in new_users:
        await _add_user(users, user, departments)
    new_clients = [client for client in city.clients if client.username not in there]
    for client in new_clients:
        await users.create(
            UserCreate(
                username=client.username,
                name=client.name,
                kind="client",
                roles=client.roles,
                logins=[LoginInput(issuer=DEV_ISSUER, subject=client.username)],
            )
        )
    return {"departments": added, "users": len(new_users), "clients": len(new_clients)}


async def _add_departments(service: DepartmentService, wanted: list[CityDepartment]) -> tuple[dict[str, UUID], int]:
    """All departments by code, and how many are new."""
    views: dict[str, DepartmentView] = {view.code: view async for view in _all(service.page)}
    ids, added = {code: view.id for code, view in views.items()}, 0
    for one in wanted:
        known = views.get(one.code)
        if known is None:
            parent: dict[str, UUID] = {"parent_id": ids[one.parent]} if one.parent else {}
            data = DepartmentCreate(
                code=one.code,
                name=one.name,
                kind=one.kind,
                email=one.email,
                phone=one.phone or UNSET,
                sensitive=one.sensitive,
                **parent,
            )
            ids[one.code] = (await service.create(data)).id
            added += 1
        elif known.email is None:  # the contact centre as `onthaal migrate` made it
            patch = DepartmentPatch(name=one.name, email=one.email, phone=one.phone)
            await service.change(known.id, patch, known.version)
    return ids, added


async def _add_user(service: UserService, user: CityUser, departments: dict[str, UUID]) -> None:
    view = await service.create(
        UserCreate(
            username=user.username,
            name=user.name,
            email=user.email,
            language=user.language,
            logins=[LoginInput(issuer=DEV_ISSUER, subject=user.username)],
        )
    )
    roles: dict[UUID, list[Role]] = {}
    for membership in user.memberships:
        roles.setdefault(departments[membership.department], []).append(membership.role)
    items = [MembershipInput(department_id=department, roles=held) for department, held in roles.items()]
    await service.replace_memberships(view.id, MembershipsReplace(items=items), view.version)


async def add_administrator(work: Work, username: str, issuer: str, subject: str) -> bool:
    """Make sure that this login is an administrator's; gives whether the user is new.

    Raises:
        Refused: the login belongs to somebody else.
    """
    service = UserService(work)
    known: UserView | None = None
    async for user in _all(service.page):
        known = user if user.username == username else known
    if known is None:
        login = LoginInput(issuer=issuer, subject=subject)
        await service.create(UserCreate(username=username, name=username, roles=["administrator"], logins=[login]))
        return True
    if "administrator" not in known.roles or not known.active:
        roles: list[GlobalRole] = sorted({*known.roles, "administrator"})
        await service.change(known.id, UserPatch(roles=roles, active=True), known.version)
    await add_login(work, known.id, issuer, subject)
    return False


async def add_login(work: Work, user_id: UUID, issuer: str, subject: str) -> None:
    """A further login of an existing user: an administrator whose issuer changed gets in again this way."""
    owner = await work.uow.fetchval(
        "INSERT INTO user_login (id, user_id, issuer, subject) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (issuer, subject) DO UPDATE SET subject = EXCLUDED.subject RETURNING user_id",
        uuid7(),
        user_id,
        issuer,
        subject,
    )
    if owner != user_id:
        raise Refused(f"{subject!r} of {issuer} is the login of another user")
    work.trail.record("user", [user_id], fields=["logins"])


class _Listed(Protocol[V]):
    """A page of a list."""

    @property
    def items(self) -> list[V]:
        """Its items."""

    @property
    def next(self) -> str | UnsetType:
        """Cursor of the following page."""


async def _all(page: Callable[[PageRequest], Awaitable[_Listed[V]]]) -> AsyncIterator[V]:
    """Every item of a paged list."""
    cursor: str | None = None
    while True:
        found = await page(PageRequest(limit=MAX_LIMIT, cursor=cursor))
        for item in found.items:
            yield item
        if not found.next:
            return
        cursor = found.next
