"""Departments and users."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.attributes import flag_modified

from backend.identity.events import MembershipEnding
from backend.identity.models import Department, Membership, User, UserLogin
from backend.identity.principals.service import TOPIC
from backend.identity.schemas import (
    DepartmentCreate,
    DepartmentPage,
    DepartmentPatch,
    DepartmentView,
    MembershipsReplace,
    MembershipView,
    UserCreate,
    UserPage,
    UserPatch,
    UserView,
)
from backend.kit.db import UnitOfWork
from backend.kit.etag import check_version
from backend.kit.identifiers import IdentifierInvalid, normalise_phone
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import invalid_input, not_found, unknown_reference
from backend.kit.schema import changes, given
from backend.kit.work import Work

_MEMBERSHIPS = """
SELECT m.user_id, m.department_id, d.code AS department_code, m.roles
  FROM membership m JOIN department d ON d.id = m.department_id
 WHERE m.user_id = ANY($1::uuid[]) ORDER BY d.code
"""


class _Departments(SQLAlchemyAsyncRepositoryService[Department]):
    class Repo(SQLAlchemyAsyncRepository[Department]):
        model_type = Department

    repository_type = Repo


class _Users(SQLAlchemyAsyncRepositoryService[User]):
    class Repo(SQLAlchemyAsyncRepository[User]):
        model_type = User

    repository_type = Repo


async def _page(work: Work, model: type[Any], column: InstrumentedAttribute[str], page: PageRequest) -> list[Any]:
    """One row more than asked, in the order of a unique text column."""
    query = select(model).order_by(column).limit(page.limit + 1)
    if page.cursor:
        query = query.where(column > decode_cursor(page.cursor, (str,))[0])
    return list((await work.uow.session.scalars(query)).all())


class DepartmentService:
    """Departments: read, create, change."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._rows = _Departments(session=work.uow.session)

    async def page(self, page: PageRequest) -> DepartmentPage:
        """Departments by code."""
        rows = await _page(self._work, Department, Department.code, page)
        shown = rows[: page.limit]
        cursor = encode_cursor((shown[-1].code,)) if len(rows) > page.limit else None
        views = [_department(row) for row in shown]
        return DepartmentPage(items=views, next=cursor) if cursor else DepartmentPage(items=views)

    async def get(self, department_id: UUID) -> DepartmentView:
        """One department, or 404."""
        row = await self._rows.get_one_or_none(id=department_id)
        if row is None:
            raise not_found("department")
        return _department(row)

    async def create(self, data: DepartmentCreate) -> DepartmentView:
        """A new department; 400 for an unknown parent, 409 for a code in use or a second contact centre."""
        await self._check_parent(given(data.parent_id))
        row = await self._rows.create(
            {
                "code": data.code,
                "name": data.name,
                "kind": data.kind,
                "parent_id": given(data.parent_id),
                "email": given(data.email),
                "phone": _phone(given(data.phone)),
                "sensitive": data.sensitive,
                "active": True,
            },
            auto_refresh=True,
        )
        await self._changed(row.id)
        return _department(row)

    async def change(self, department_id: UUID, data: DepartmentPatch, expected: int) -> DepartmentView:
        """Change a department; 404, 412."""
        row = await self._rows.get_one_or_none(id=department_id, with_for_update=True)
        if row is None:
            raise not_found("department")
        check_version(expected, row.version)
        await self._check_parent(given(data.parent_id), department_id)
        changed = changes(data)
        if "phone" in changed:
            changed["phone"] = _phone(given(data.phone))
        for name, value in changed.items():
            setattr(row, name, value)
        await self._work.uow.session.flush()
        await self._changed(row.id, list(changed))
        return _department(row)

    async def _check_parent(self, parent_id: UUID | None, child_id: UUID | None = None) -> None:
        """The parent exists and is not below the department itself."""
        while parent_id is not None:
            parent = await self._rows.get_one_or_none(id=parent_id)
            if parent is None or parent.id == child_id:
                raise unknown_reference("parentId", "No such department, or it lies below this one.")
            parent_id = parent.parent_id

    async def _changed(self, department_id: UUID, fields: Sequence[str] = ()) -> None:
        self._work.trail.record("department", [department_id], fields=fields)
        await self._work.feed.announce(self._work.uow, TOPIC)


class UserService:
    """Users: read, create, change, memberships."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._rows = _Users(session=work.uow.session)

    async def page(self, page: PageRequest) -> UserPage:
        """Users by username."""
        rows = await _page(self._work, User, User.username, page)
        views = await self._views(rows[: page.limit])
        if len(rows) > page.limit:
            return UserPage(items=views, next=encode_cursor((views[-1].username,)))
        return UserPage(items=views)

    async def get(self, user_id: UUID) -> UserView:
        """One user, or 404."""
        row = await self._rows.get_one_or_none(id=user_id)
        if row is None:
            raise not_found("user")
        return (await self._views([row]))[0]

    async def create(self, data: UserCreate) -> UserView:
        """A new user with logins; 409 when the username or a login is in use."""
        row = await self._rows.create(
            {
                "username": data.username,
                "name": data.name,
                "email": given(data.email),
                "language": data.language,
                "kind": data.kind,
                "roles": list(data.roles),
                "active": True,
            },
            auto_refresh=True,
        )
        self._work.uow.session.add_all(
            [UserLogin(user_id=row.id, issuer=login.issuer, subject=login.subject) for login in data.logins]
        )
        await self._work.uow.session.flush()
        await self._changed(row.id)
        return (await self._views([row]))[0]

    async def change(self, user_id: UUID, data: UserPatch, expected: int) -> UserView:
        """Change a user; 404, 412."""
        row = await self._locked(user_id, expected)
        for name, value in changes(data).items():
            setattr(row, name, value)
        await self._work.uow.session.flush()
        await self._changed(row.id, list(changes(data)))
        return (await self._views([row]))[0]

    async def replace_memberships(self, user_id: UUID, data: MembershipsReplace, expected: int) -> UserView:
        """Give exactly these memberships; questions of a department that is left go back to it."""
        row = await self._locked(user_id, expected)
        await replace_memberships(self._work, row, {item.department_id: list(item.roles) for item in data.items})
        await self._changed(user_id, ["memberships"])
        return (await self._views([row]))[0]

    async def _locked(self, user_id: UUID, expected: int) -> User:
        row = await self._rows.get_one_or_none(id=user_id, with_for_update=True)
        if row is None:
            raise not_found("user")
        check_version(expected, row.version)
        return row

    async def _views(self, rows: Sequence[User]) -> list[UserView]:
        held = await memberships(self._work.uow, [row.id for row in rows])
        return [_user(row, held[row.id]) for row in rows]

    async def _changed(self, user_id: UUID, fields: Sequence[str] = ()) -> None:
        self._work.trail.record("user", [user_id], fields=fields)
        await self._work.feed.announce(self._work.uow, TOPIC)


async def memberships(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, list[MembershipView]]:
    """The departments of each of these users, by code."""
    held: dict[UUID, list[MembershipView]] = {one: [] for one in user_ids}
    for row in await uow.fetch(_MEMBERSHIPS, list(user_ids)):
        held[row["user_id"]].append(
            MembershipView(
                department_id=row["department_id"], department_code=row["department_code"], roles=row["roles"]
            )
        )
    return held


async def replace_memberships(work: Work, user: User, wanted: Mapping[UUID, list[str]]) -> None:
    """Give a user exactly these roles in these departments; what waits in a department that is left is told first."""
    session, left = work.uow.session, dict(wanted)
    for held in (await session.scalars(select(Membership).where(Membership.user_id == user.id))).all():
        if held.department_id in left:
            held.roles = left.pop(held.department_id)
        else:
            await work.tell(MembershipEnding(user_id=user.id, department_id=held.department_id))
            await session.execute(
                delete(Membership).where(Membership.user_id == user.id, Membership.department_id == held.department_id)
            )
    session.add_all([Membership(user_id=user.id, department_id=key, roles=roles) for key, roles in left.items()])
    flag_modified(user, "roles")  # so that the version goes up
    await session.flush()


def _phone(typed: str | None) -> str | None:
    """A phone number that exists, as typed; 400 otherwise."""
    try:
        return normalise_phone(typed).typed if typed else None
    except IdentifierInvalid as error:
        raise invalid_input(f"Not a phone number: {error.code}.", name="phone") from None


def _department(row: Department) -> DepartmentView:
    return DepartmentView(
        id=row.id,
        code=row.code,
        name=row.name,
        kind="frontOffice" if row.kind == "frontOffice" else "secondLine",
        parent_id=row.parent_id,
        email=row.email,
        phone=row.phone,
        sensitive=row.sensitive,
        active=row.active,
        version=row.version,
    )


def _user(row: User, memberships: list[MembershipView]) -> UserView:
    return UserView(
        id=row.id,
        username=row.username,
        name=row.name,
        email=row.email,
        language=row.language,
        kind="client" if row.kind == "client" else "person",
        roles=row.roles,  # type: ignore[arg-type]  # the column holds only what GlobalRole allows
        active=row.active,
        memberships=memberships,
        version=row.version,
    )
