"""Resources: me, departments, users."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.identity.rules import POLICY
from backend.identity.schemas import (
    DepartmentCreate,
    DepartmentPage,
    DepartmentPatch,
    DepartmentView,
    MembershipsReplace,
    MeView,
    UserCreate,
    UserPage,
    UserPatch,
    UserView,
)
from backend.identity.service import DepartmentService, UserService, memberships
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, patch, post, put
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_departments(work: NamedDependency[Work]) -> DepartmentService:
    """Dependency `departments`."""
    return DepartmentService(work)


def provide_users(work: NamedDependency[Work]) -> UserService:
    """Dependency `users`."""
    return UserService(work)


class MeController(Controller):
    """Who am I."""

    path = "/me"
    tags = ["identity"]

    @get()
    async def get_me(self, work: NamedDependency[Work]) -> MeView:
        """Who the token says you are, your departments and the operations open to you."""
        who = work.who
        return MeView(
            id=who.id,
            name=who.name,
            roles=sorted(who.roles),
            memberships=(await memberships(work.uow, [who.id]))[who.id],
            operations=sorted(name for name in POLICY.operations if POLICY.allows(who, name)),
        )


class DepartmentController(Controller):
    """Departments."""

    path = "/departments"
    tags = ["identity"]
    dependencies = {"departments": Provide(provide_departments, sync_to_thread=False)}

    @get()
    async def list_departments(
        self,
        work: NamedDependency[Work],
        departments: NamedDependency[DepartmentService],
        page: NamedDependency[PageRequest],
    ) -> DepartmentPage:
        """Departments by code; how to reach them is for colleagues."""
        found = await departments.page(page)
        items = [work.access.project("department", view) for view in found.items]
        return DepartmentPage(items=items, next=found.next)

    @get("/{department_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_department(
        self,
        work: NamedDependency[Work],
        department_id: FromPath[UUID],
        departments: NamedDependency[DepartmentService],
    ) -> Response[DepartmentView]:
        """One department; how to reach it is for colleagues."""
        view = await departments.get(department_id)
        return tagged(work.access.project("department", view), view.version)

    @post(problems=[409, 422])
    async def create_department(
        self,
        data: JSONBody[DepartmentCreate],
        departments: NamedDependency[DepartmentService],
        once: NamedDependency[Once],
    ) -> Response[DepartmentView]:
        """Create a department."""
        return await once.run(data, lambda: departments.create(data))

    @patch("/{department_id:uuid}", response_headers=[ETAG])
    async def change_department(
        self,
        department_id: FromPath[UUID],
        data: JSONBody[DepartmentPatch],
        departments: NamedDependency[DepartmentService],
        expected: NamedDependency[int],
    ) -> Response[DepartmentView]:
        """Change a department; fields left out stay."""
        view = await departments.change(department_id, data, expected)
        return tagged(view, view.version)


class UserController(Controller):
    """Users and their memberships."""

    path = "/users"
    tags = ["identity"]
    dependencies = {"users": Provide(provide_users, sync_to_thread=False)}

    @get()
    async def list_users(self, users: NamedDependency[UserService], page: NamedDependency[PageRequest]) -> UserPage:
        """Users by username, with their memberships."""
        return await users.page(page)

    @get("/{user_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_user(self, user_id: FromPath[UUID], users: NamedDependency[UserService]) -> Response[UserView]:
        """One user."""
        view = await users.get(user_id)
        return tagged(view, view.version)

    @post(problems=[409, 422])
    async def create_user(
        self, data: JSONBody[UserCreate], users: NamedDependency[UserService], once: NamedDependency[Once]
    ) -> Response[UserView]:
        """Create a user."""
        return await once.run(data, lambda: users.create(data))

    @patch("/{user_id:uuid}", response_headers=[ETAG])
    async def change_user(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[UserPatch],
        users: NamedDependency[UserService],
        expected: NamedDependency[int],
    ) -> Response[UserView]:
        """Change a user; fields left out stay."""
        view = await users.change(user_id, data, expected)
        return tagged(view, view.version)

    @put("/{user_id:uuid}/memberships", problems=[404, 409, 412, 428], response_headers=[ETAG])
    async def replace_memberships(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[MembershipsReplace],
        users: NamedDependency[UserService],
        expected: NamedDependency[int],
    ) -> Response[UserView]:
        """Give a user exactly these memberships."""
        view = await users.replace_memberships(user_id, data, expected)
        return tagged(view, view.version)
