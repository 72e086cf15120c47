"""Access as data: who asks (`Principal`), what the reviewed table allows (`Policy`), deny by default.

The table itself (role x operation x relation x field) belongs to the domain and is passed in.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import UNSET

from backend.kit.problems import ProblemError, forbidden, unavailable
from backend.kit.reach import EVERYTHING, Reach
from backend.kit.tokens import KeysUnavailable, TokenExpired, TokenRefused, TokenVerifier, Verified

V = TypeVar("V", bound=msgspec.Struct)

Connection = ASGIConnection[Any, Any, Any, Any]


class Relation(StrEnum):
    """How close a thing must be to the person who acts on it; each includes the closer ones."""

    OWN = "own"  # assigned to this very person
    DEPARTMENT = "department"  # owned by one of the person's departments
    LINKED = "linked"  # one of the person's departments has to do with it
    ANY = "any"  # whoever owns it


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody broke the glass for: to be looked at until a moment, never changed."""

    ids: frozenset[UUID]
    until: datetime


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a request.

    Attributes:
        id: user id with us.
        name: display name.
        roles: every role held, in whatever department.
        departments: department id -> roles held there.
        client: the application through which the request came (`azp`).
        opened: what the person broke the glass for.
        customer: the customer who is logged in, when this is no member of staff.
        file: the customers that are one file with this one.
        network: keyed hash of the network the request came from, for limits; told by a channel.
    """

    id: UUID
    name: str
    roles: frozenset[str]
    departments: Mapping[UUID, frozenset[str]]
    client: str | None = None
    opened: tuple[Opened, ...] = ()
    customer: UUID | None = None
    file: frozenset[UUID] = frozenset()
    network: str | None = None

    @property
    def department(self) -> UUID | None:
        """The department an action is booked on: the first one, in a stable order."""
        return min(self.departments, default=None)

    def belongs_to(self, department: UUID) -> bool:
        """Whether the person is a member of this department."""
        return department in self.departments

    def open_at(self, now: datetime) -> frozenset[UUID]:
        """Ids of what the person broke the glass for and may still look at."""
        return frozenset().union(*(one.ids for one in self.opened if one.until > now))


CITIZENS = frozenset({"visitor", "customer"})
"""Roles of who is no member of staff: row-level security shows them the rows of their own file, and nothing else."""

PLATFORM = Principal(id=UUID(int=0), name="Onthaal", roles=frozenset({"platform"}), departments={})
"""The platform itself, in jobs and sweepers."""


Withheld = Mapping[Relation, frozenset[str]]
"""Relation -> fields that a role does not get of a thing that is so close; the closest one of the row counts."""


class Policy:
    """The reviewed table in a form that answers quickly.

    Args:
        operations: operation id -> role -> the relation needed.
        public: operations without a token.
        hidden: resource -> role -> what this role does not get.
        insiders: roles that make a member of a department an insider: only they see its sensitive things.
        glass: reading operations through which a person sees what the glass was broken for.
        carriers: operation id -> roles that bring things for any department, and get nothing of it back.
    """

    def __init__(
        self,
        operations: Mapping[str, Mapping[str, Relation]],
        *,
        public: Iterable[str] = (),
        hidden: Mapping[str, Mapping[str, Withheld]] | None = None,
        insiders: Iterable[str] = (),
        glass: Iterable[str] = (),
        carriers: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.operations = operations
        self.public = frozenset(public)
        self.hidden = hidden or {}
        self.insiders = frozenset(insiders)
        self.glass = frozenset(glass)
        self.carriers = carriers or {}

    def covers(self, operation: str) -> bool:
        """Whether the table says anything about this operation."""
        return operation in self.public or operation in self.operations

    def allows(self, principal: Principal, operation: str) -> bool:
        """Whether any role of the person opens this operation at all."""
        return not principal.roles.isdisjoint(self.operations.get(operation, {}))

    def insider(self, principal: Principal, department: UUID) -> bool:
        """Whether the sensitive things of this department are the person's work."""
        return not self.insiders.isdisjoint(principal.departments.get(department, ()))

    def permits(
        self, principal: Principal, operation: str, *, department: UUID, assignee: UUID | None, sensitive: bool
    ) -> bool:
        """Whether the person may do this operation on a thing of `department`, assigned to `assignee`.

        A sensitive thing is invisible to who is not an insider of its department, whatever the role.
        """
        if sensitive and not self.insider(principal, department):
            return False
        for role, relation in self.operations.get(operation, {}).items():
            if role not in principal.roles:
                continue
            if relation is Relation.ANY:
                return True
            if relation is Relation.DEPARTMENT and role in principal.departments.get(department, ()):
                return True
            if relation is Relation.OWN and assignee == principal.id:
                return True
        return False

    def needs_link(self, principal: Principal, operation: str) -> bool:
        """Whether the person may do this operation only on things that one of the departments has to do with."""
        row = self.operations.get(operation, {})
        held = [relation for role, relation in row.items() if role in principal.roles]
        return bool(held) and all(relation is Relation.LINKED for relation in held)

    def withheld(self, resource: str, principal: Principal, *, linked: bool = False) -> frozenset[str] | None:
        """The fields that **every** role of the person withholds; None when none of the roles sees anything."""
        table = self.hidden.get(resource, {})
        known = [table[role] for role in principal.roles if role in table]
        if not known:
            return None
        near = Relation.LINKED if linked else Relation.ANY
        return frozenset.intersection(*(row.get(near, row[Relation.ANY]) for row in known))

    def project(self, resource: str, view: V, principal: Principal, *, linked: bool = False) -> V:
        """The view without the fields that none of the person's roles may see; the platform itself sees all."""
        if resource not in self.hidden or principal is PLATFORM:
            return view
        withheld = self.withheld(resource, principal, linked=linked)
        names = view.__struct_fields__ if withheld is None else withheld
        present = {name: UNSET for name in names if getattr(view, name, UNSET) is not UNSET}
        return msgspec.structs.replace(view, **present) if present else view

    def reach(self, principal: Principal, operation: str, now: datetime) -> Reach:
        """What row-level security lets the person's request see."""
        if not principal.roles.isdisjoint(self.carriers.get(operation, ())):
            return EVERYTHING
        if not principal.roles.isdisjoint(CITIZENS):
            return Reach(kind="customer", opened=principal.file)
        departments = frozenset(one for one in principal.departments if self.insider(principal, one))
        opened = principal.open_at(now) if operation in self.glass else frozenset[UUID]()
        return Reach(kind="person", person=principal.id, departments=departments, opened=opened)


Authenticate = Callable[[Connection], Awaitable[Principal]]
Denied = Callable[[Connection, Principal, str], Awaitable[None]]


class Gate:
    """Litestar guard of every route: token -> person -> policy, before any body is validated.

    Args:
        policy: the reviewed table.
        authenticate: finds the person; raises a 401 or 503 problem.
        on_denied: told about every refusal (audit).
    """

    def __init__(self, policy: Policy, authenticate: Authenticate, on_denied: Denied) -> None:
        self._policy = policy
        self._authenticate = authenticate
        self._on_denied = on_denied

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let the request through or raise its problem."""
        if handler.opt.get("open") or getattr(handler, "http_methods", None) == {"OPTIONS"}:  # says the methods only
            return
        operation = operation_of(handler)
        if operation in self._policy.public:
            return
        principal = await self._authenticate(connection)
        connection.scope["user"] = principal
        if not self._policy.allows(principal, operation):
            await self._on_denied(connection, principal, operation)
            raise forbidden("Your roles do not include this operation.")


REFUSED = 'Bearer error="invalid_token"'
"""Challenge of a token that is itself no good (RFC 6750); a good one for somebody unknown gets `Bearer` alone."""


class Authenticator:
    """Bearer token -> verified token -> person.

    Args:
        verifier: checks the token.
        find: the person of a verified token, or None.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        find: Callable[[Verified], Awaitable[Principal | None]],
    ) -> None:
        self._verifier = verifier
        self._find = find

    async def __call__(self, connection: Connection) -> Principal:
        """Who asks; 401 without a good token or for an unknown person, 503 while the issuer's keys cannot be read."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorised("Send an access token.", "noAccessToken")
        try:
            verified = await self._verifier.verify(token.strip())
        except TokenExpired as error:
            raise _unauthorised(str(error), "expiredAccessToken", REFUSED) from error
        except TokenRefused as error:
            raise _unauthorised(f"Not accepted: {error}.", "invalidAccessToken", REFUSED) from error
        except KeysUnavailable as error:
            raise unavailable("The identity provider is away.") from error
        principal = await self._find(verified)
        if principal is None:
            raise _unauthorised("Nobody here is known under this token.", "invalidAccessToken")
        return principal


def _unauthorised(detail: str, kind: str, challenge: str = "Bearer") -> ProblemError:
    return ProblemError(401, detail, standard=kind, headers={"WWW-Authenticate": challenge})


def operation_of(handler: Any) -> str:
    """The operation id of a route handler."""
    operation = getattr(handler, "operation_id", None)
    if not isinstance(operation, str):
        raise ProblemError(500, "A route without an operation id.")
    return operation


Ties = Callable[[Principal, Collection[UUID]], Awaitable[frozenset[UUID]]]
"""Which of these things one of the person's departments has to do with; asked at once for all of them."""


async def no_ties(_principal: Principal, _ids: Collection[UUID]) -> frozenset[UUID]:
    """Nobody has to do with anything."""
    return frozenset()


class Access:
    """What a service asks: may this person do this, and what may be shown.

    Args:
        policy: the reviewed table.
        principal: who asks.
        operation: the operation of the request.
        now: the moment of the request.
        ties: finds out about relation `linked`.
    """

    def __init__(
        self, policy: Policy, principal: Principal, operation: str, *, now: datetime, ties: Ties = no_ties
    ) -> None:
        self.policy = policy
        self.principal = principal
        self.operation = operation
        self._ties = ties
        self._linked: dict[UUID, bool] = {}
        self._open = principal.open_at(now) if operation in policy.glass else frozenset[UUID]()

    def require(self, *, department: UUID, assignee: UUID | None, sensitive: bool, operation: str = "") -> None:
        """403 unless the person may do the operation on this thing."""
        if not self.may(department=department, assignee=assignee, sensitive=sensitive, operation=operation):
            raise forbidden("This belongs to another department or colleague.")

    def may(self, *, department: UUID, assignee: UUID | None, sensitive: bool, operation: str = "") -> bool:
        """Whether the person may do the operation on this thing."""
        return self.policy.permits(
            self.principal,
            operation or self.operation,
            department=department,
            assignee=assignee,
            sensitive=sensitive,
        )

    def insider(self, department: UUID) -> bool:
        """Whether the sensitive things of this department are the person's work."""
        return self.policy.insider(self.principal, department)

    @property
    def carries(self) -> bool:
        """Whether an application, or the platform, brings something here for any department and gets nothing back."""
        carriers = self.policy.carriers.get(self.operation, ())
        return self.principal is PLATFORM or not self.principal.roles.isdisjoint(carriers)

    def is_open(self, *ids: UUID | None) -> bool:
        """Whether the person broke the glass for one of these things, and looks at it with this very operation."""
        return not self._open.isdisjoint(ids)

    async def linked(self, ids: Collection[UUID]) -> frozenset[UUID]:
        """Which of these things one of the person's departments has to do with; each is found out once a request."""
        if new := [one for one in ids if one not in self._linked]:
            found = await self._ties(self.principal, new)
            self._linked |= {one: one in found for one in new}
        return frozenset(one for one in ids if self._linked[one])

    def tie(self, *ids: UUID) -> None:
        """One of the person's departments has to do with these things: the caller knows, nobody needs to find out."""
        self._linked |= dict.fromkeys(ids, True)

    async def require_link(self, kind: str, thing: UUID) -> None:
        """403, logged, when the operation needs a link with this thing and there is none."""
        if self.policy.needs_link(self.principal, self.operation) and not await self.linked([thing]):
            raise forbidden("Your department has nothing to do with this one.", denied=(kind, thing))

    def link_matters(self, resource: str) -> bool:
        """Whether the person sees more of a thing that one of the departments has to do with."""
        near, far = (self.policy.withheld(resource, self.principal, linked=linked) for linked in (True, False))
        return near != far

    def project(self, resource: str, view: V, *, linked: bool = False) -> V:
        """The view with only the fields this person may see."""
        return self.policy.project(resource, view, self.principal, linked=linked)

    async def project_all(self, resource: str, views: Sequence[V], ids: Sequence[UUID]) -> list[V]:
        """The views with only the fields this person may see of things so close; at most one question for all.

        Args:
            resource: the row of the table.
            views: as whoever sees most gets them.
            ids: of the thing of each view, by which its link is known.
        """
        linked = await self.linked(ids) if self.link_matters(resource) else frozenset[UUID]()
        pairs = zip(views, ids, strict=True)
        return [self.project(resource, view, linked=one in linked) for view, one in pairs]
