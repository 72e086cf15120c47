"""Optimistic locking over HTTP: `ETag` on what can change, `If-Match` on every change (428 missing, 412 stale)."""

import re
from typing import Annotated, Any

from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter

from backend.kit.problems import ProblemError, invalid_input

_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"\Z')

ETAG = ResponseHeader(
    name="ETag", value='"3"', description="Version of the resource; send it back as If-Match.", documentation_only=True
)


def tagged(view: Any, version: int, *, status: int = 200) -> Response[Any]:
    """A response with the version of the resource as its ETag."""
    return Response(view, status_code=status, headers={"ETag": f'"{version}"'})


def provide_if_match(
    if_match: Annotated[
        str | None,
        HeaderParameter(
            name="If-Match",
            description='The ETag you read, for example "3".',
            schema_extra={"pattern": '^(W/)?"[0-9]{1,9}"$'},
            required=True,
        ),
    ] = None,
) -> int:
    """Dependency `expected`: the version the caller saw."""
    if if_match is None:
        raise ProblemError(428, "Send If-Match with the ETag of what you read.")
    match = _TAG.match(if_match)
    if match is None:
        raise invalid_input('Expected an ETag such as "3".', where="header", name="If-Match")
    return int(match[1])


def check_version(expected: int, actual: int) -> None:
    """412 when somebody changed the resource since it was read."""
    if expected != actual:
        raise ProblemError(412, "Changed by somebody else since you read it; read it again.")
