"""JSON shapes of users and departments."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.identity.rules import GlobalRole, Role
from backend.kit.schema import Input, Page, ShortText, View

Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,59}$", max_length=60, examples=["burgerzaken"])]
Username = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9._-]{1,59}$", max_length=60, examples=["an.verhaeghe"])]
Mail = Annotated[str, Meta(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$", max_length=254)]
Phone = Annotated[str, Meta(min_length=3, max_length=40, examples=["09 399 12 34"])]
DepartmentKind = Literal["frontOffice", "secondLine"]
Language = Literal["nl", "fr", "de", "en"]


class DepartmentCreate(Input):
    """A new department."""

    code: Code
    name: ShortText
    kind: DepartmentKind = "secondLine"
    parent_id: UUID | UnsetType = UNSET
    email: Mail | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    sensitive: bool = False


class DepartmentPatch(Input):
    """What to change of a department; fields left out stay."""

    name: ShortText | UnsetType = UNSET
    parent_id: UUID | None | UnsetType = UNSET
    email: Mail | None | UnsetType = UNSET
    phone: Phone | None | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class DepartmentView(View):
    """A department; `email` and `phone` (as it was typed) are for colleagues only."""

    id: UUID
    code: str
    name: str
    kind: DepartmentKind
    parent_id: UUID | None = None
    email: str | UnsetType | None = None
    phone: str | UnsetType | None = None
    sensitive: bool
    active: bool
    version: int


class DepartmentPage(Page):
    """Departments by code."""

    items: list[DepartmentView]


class MembershipView(View):
    """Roles of a user in a department."""

    department_id: UUID
    department_code: str
    roles: list[Role]


class MembershipInput(Input):
    """Roles to give in a department."""

    department_id: UUID
    roles: Annotated[list[Role], Meta(min_length=1, max_length=8)]


class MembershipsReplace(Input):
    """All memberships of a user; those left out end."""

    items: Annotated[list[MembershipInput], Meta(max_length=50)]


class LoginInput(Input):
    """Under which name an issuer knows the user."""

    issuer: ShortText
    subject: ShortText


class UserCreate(Input):
    """A new user."""

    username: Username
    name: ShortText
    email: Mail | UnsetType = UNSET
    language: Language = "nl"
    kind: Literal["person", "client"] = "person"
    roles: Annotated[list[GlobalRole], Meta(max_length=4)] = []
    logins: Annotated[list[LoginInput], Meta(max_length=10)] = []


class UserPatch(Input):
    """What to change of a user; fields left out stay."""

    name: ShortText | UnsetType = UNSET
    email: Mail | None | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    roles: Annotated[list[GlobalRole], Meta(max_length=4)] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class UserView(View):
    """A user with the memberships."""

    id: UUID
    username: str
    name: str
    email: str | None = None
    language: str
    kind: Literal["person", "client"]
    roles: list[GlobalRole]
    active: bool
    memberships: list[MembershipView]
    version: int


class UserPage(Page):
    """Users by username."""

    items: list[UserView]


class MeView(View):
    """Who the token says you are, and what you may do."""

    id: UUID
    name: str
    roles: list[str]
    memberships: list[MembershipView]
    operations: list[str]
