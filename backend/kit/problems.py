"""Every error of the API as `application/problem+json` (RFC 9457, types of the belgif REST guide)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

BELGIF = "urn:problem-type:belgif:"
ONTHAAL = "urn:problem-type:onthaal:"
LONG_AGO = timedelta(days=20 * 365)
MEDIA_TYPE = "application/problem+json"

TITLES: dict[int, tuple[str, str]] = {
    400: ("badRequest", "Bad Request"),
    401: ("invalidAccessToken", "Unauthorized"),
    403: ("missingPermission", "Forbidden"),
    404: ("resourceNotFound", "Not Found"),
    405: ("methodNotAllowed", "Method Not Allowed"),
    409: ("conflict", "Conflict"),
    412: ("preconditionFailed", "Precondition Failed"),
    413: ("payloadTooLarge", "Payload Too Large"),
    415: ("unsupportedMediaType", "Unsupported Media Type"),
    422: ("idempotencyKeyReused", "Unprocessable Content"),
    428: ("preconditionRequired", "Precondition Required"),
    429: ("tooManyRequests", "Too Many Requests"),
    500: ("internalServerError", "Internal Server Error"),
    502: ("badGateway", "Bad Gateway"),
    503: ("serviceUnavailable", "Service Unavailable"),
}
"""Standard type and title per status; own types (409, 412, 422, 428, 405, 415) live in our namespace."""

OWN_TYPES = frozenset({405, 409, 412, 415, 422, 428})


class Issue(msgspec.Struct, frozen=True, kw_only=True, rename={"where": "in"}, omit_defaults=True):
    """One fault in the input: where it is, what it is called and what is wrong with it."""

    type: str
    where: Literal["body", "query", "path", "header"]
    name: str | None = None
    detail: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of every error response."""

    type: str
    title: str
    status: int
    instance: str
    detail: str | None = None
    issues: list[Issue] | None = None


class ProblemError(Exception):
    """An expected failure of a request; becomes the problem response it describes.

    Args:
        status: HTTP status.
        detail: what went wrong, for a person; never personal data.
        kind: the last part of our own type URN, when it is not the usual one of the status.
        standard: the last part of another standard (belgif) type URN of the same status.
        issues: the faults of the input.
        headers: extra response headers (`Retry-After`, `WWW-Authenticate`).
        denied: kind and id of the thing that was shielded from this person: the refusal goes into the audit log.
    """

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        kind: str | None = None,
        standard: str | None = None,
        issues: Sequence[Issue] = (),
        headers: dict[str, str] | None = None,
        denied: tuple[str, UUID] | None = None,
    ) -> None:
        super().__init__(detail or TITLES[status][1])
        self.status = status
        self.detail = detail
        self.kind = kind
        self.standard = standard
        self.issues = list(issues)
        self.headers = headers or {}
        self.denied = denied

    def problem(self) -> Problem:
        """The response body."""
        usual, title = TITLES[self.status]
        own = self.kind is not None or self.status in OWN_TYPES
        return Problem(
            type=(ONTHAAL if own else BELGIF) + (self.kind or self.standard or usual),
            title=title,
            status=self.status,
            instance=f"urn:uuid:{uuid4()}",
            detail=self.detail,
            issues=self.issues or None,
        )

    def body(self) -> bytes:
        """The response body as JSON."""
        return msgspec.json.encode(self.problem())


def invalid_input(
    detail: str,
    *,
    where: Literal["body", "query", "path", "header"] = "body",
    name: str | None = None,
    kind: str = "invalidInput",
) -> ProblemError:
    """400 with one issue (`urn:problem-type:belgif:input-validation:*`)."""
    issue = Issue(type=f"{BELGIF}input-validation:{kind}", where=where, name=name, detail=detail)
    return ProblemError(400, "The input is not valid.", issues=[issue])


def check_moment(moment: datetime | None, now: datetime, name: str) -> None:
    """400 for a moment that is no moment of this work: years ago, or in the future (a day of slack for clocks)."""
    if moment is not None and not now - LONG_AGO <= moment <= now + timedelta(days=1):
        raise invalid_input("Not a plausible moment.", name=name, kind="outOfRange")


def unknown_reference(name: str, detail: str) -> ProblemError:
    """400: the body points to something that does not exist."""
    return invalid_input(detail, name=name, kind="referencedResourceNotFound")


def not_found(what: str, *, denied: tuple[str, UUID] | None = None) -> ProblemError:
    """404 for one resource; the same answer whether it never existed or may not be seen."""
    return ProblemError(404, f"No such {what}.", denied=denied)


def forbidden(detail: str, *, denied: tuple[str, UUID] | None = None) -> ProblemError:
    """403: known who asks, but this is not theirs to do."""
    return ProblemError(403, detail, denied=denied)


def conflict(kind: str, detail: str) -> ProblemError:
    """409: the request is right, the state of the resource does not allow it."""
    return ProblemError(409, detail, kind=kind)


AWAY = "A part of the platform is away; try again with the same Idempotency-Key."


def unavailable(detail: str = AWAY) -> ProblemError:
    """503 with Retry-After: nothing was stored that was not acknowledged."""
    return ProblemError(503, detail, headers={"Retry-After": "2"})


def example(status: int) -> dict[str, Any]:
    """An example body for the API description."""
    error = ProblemError(status)
    return {**msgspec.to_builtins(error.problem()), "instance": "urn:uuid:d9e35127-e9b1-4201-a211-2b52e52508df"}
