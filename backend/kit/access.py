"""Access as data: who asks (`Principal`), what the reviewed table allows (`Policy`), deny by default.

The table itself (role x operation x relation, role x field) belongs to the domain and is passed in.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import UNSET

from backend.kit.problems import ProblemError, forbidden, unavailable
from backend.kit.tokens import KeysUnavailable, TokenExpired, TokenRefused, TokenVerifier

V = TypeVar("V", bound=msgspec.Struct)

Connection = ASGIConnection[Any, Any, Any, Any]


class Relation(StrEnum):
    """How close a thing must be to the person who acts on it; each includes the closer ones."""

    OWN = "own"  # assigned to this very person
    DEPARTMENT = "department"  # owned by one of the person's departments
    ANY = "any"  # whoever owns it


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a request.

    Attributes:
        id: user id with us.
        name: display name.
        roles: every role held, in whatever department.
        departments: department id -> roles held there.
        client: the application through which the request came (`azp`).
    """

    id: UUID
    name: str
    roles: frozenset[str]
    departments: Mapping[UUID, frozenset[str]]
    client: str | None = None

    @property
    def department(self) -> UUID | None:
        """The department an action is booked on: the first one, in a stable order."""
        return min(self.departments, default=None)

    def belongs_to(self, department: UUID) -> bool:
        """Whether the person is a member of this department."""
        return department in self.departments


PLATFORM = Principal(id=UUID(int=0), name="Onthaal", roles=frozenset({"platform"}), departments={})
"""The platform itself, in jobs and sweepers."""


class Policy:
    """The reviewed table in a form that answers quickly.

    Args:
        operations: operation id -> role -> the relation needed.
        public: operations without a token.
        hidden: resource -> role -> fields that this role does not get.
    """

    def __init__(
        self,
        operations: Mapping[str, Mapping[str, Relation]],
        *,
        public: Iterable[str] = (),
        hidden: Mapping[str, Mapping[str, frozenset[str]]] | None = None,
    ) -> None:
        self.operations = operations
        self.public = frozenset(public)
        self.hidden = hidden or {}

    def covers(self, operation: str) -> bool:
        """Whether the table says anything about this operation."""
        return operation in self.public or operation in self.operations

    def allows(self, principal: Principal, operation: str) -> bool:
        """Whether any role of the person opens this operation at all."""
        return not principal.roles.isdisjoint(self.operations.get(operation, {}))

    def permits(
        self, principal: Principal, operation: str, *, department: UUID, assignee: UUID | None, sensitive: bool
    ) -> bool:
        """Whether the person may do this operation on a thing of `department`, assigned to `assignee`.

        A sensitive thing is invisible outside its department, whatever the role.
        """
        inside = principal.belongs_to(department)
        if sensitive and not inside:
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

    def project(self, resource: str, view: V, principal: Principal) -> V:
        """The view without the fields that none of the person's roles may see."""
        table = self.hidden.get(resource)
        if not table:
            return view
        known = [table[role] for role in principal.roles if role in table]
        withheld = frozenset.intersection(*known) if known else frozenset(view.__struct_fields__)
        present = {name: UNSET for name in withheld if getattr(view, name, UNSET) is not UNSET}
        return msgspec.structs.replace(view, **present) if present else view


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


class Authenticator:
    """Bearer token -> verified token -> person.

    Args:
        verifier: checks the token.
        find: the person of (issuer, subject, client), or None.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        find: Callable[[str, str, str | None], Awaitable[Principal | None]],
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
            raise _unauthorised(str(error), "expiredAccessToken") from error
        except TokenRefused as error:
            raise _unauthorised(f"Not accepted: {error}.", "invalidAccessToken") from error
        except KeysUnavailable as error:
            raise unavailable("The identity provider is away.") from error
        principal = await self._find(verified.issuer, verified.subject, verified.client)
        if principal is None:
            raise _unauthorised("Nobody here is known under this token.", "invalidAccessToken")
        return principal


def _unauthorised(detail: str, kind: str) -> ProblemError:
    return ProblemError(401, detail, standard=kind, headers={"WWW-Authenticate": "Bearer"})


def operation_of(handler: Any) -> str:
    """The operation id of a route handler."""
    operation = getattr(handler, "operation_id", None)
    if not isinstance(operation, str):
        raise ProblemError(500, "A route without an operation id.")
    return operation


class Access:
    """What a service asks: may this person do this, and what may be shown.

    Args:
        policy: the reviewed table.
        principal: who asks.
        operation: the operation of the request.
    """

    def __init__(self, policy: Policy, principal: Principal, operation: str) -> None:
        self.policy = policy
        self.principal = principal
        self.operation = operation

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

    def project(self, resource: str, view: V) -> V:
        """The view with only the fields this person may see."""
        return self.policy.project(resource, view, self.principal)
