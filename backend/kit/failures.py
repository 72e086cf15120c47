"""Any exception of a request as a problem: input faults with their place, a part that is away as 503, the rest as 500.

The toolbox of HTTP knows no database: what PostgreSQL refused is told by `backend.kit.refusals`, which the core passes
in. Litestar's own handlers and advanced-alchemy's would answer a dropped connection with 409 (design 4, notes 4 and
13), so every exception goes through here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException
from litestar.types import Scope

from backend.kit.paging import CursorInvalid
from backend.kit.problems import BELGIF, MEDIA_TYPE, TITLES, Issue, ProblemError, invalid_input, unavailable
from backend.kit.text import TextInvalid

log = structlog.get_logger("request")

NAMES = "queryNames"
"""Key of a route's options: what its query parameters are called in Python -> in the API."""

_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")
_PLACE = re.compile(r" - at `\$\.?([^`]*)`")
_AWAY = (OSError, TimeoutError)
_SOURCES: dict[str, Literal["body", "query", "path", "header"]] = {
    "query": "query",
    "path": "path",
    "header": "header",
}


Translate = Callable[[BaseException], ProblemError | None]
"""What an application knows of exceptions of its own parts; None: nothing."""


def _unknown(_error: BaseException) -> None:
    """For an application without parts of its own."""


def problem_of(
    error: BaseException, names: Mapping[str, str] | None = None, translate: Translate = _unknown
) -> ProblemError:
    """The problem that describes this exception; an unknown one is a 500 without details.

    Args:
        error: what went wrong.
        names: of query parameters in Python -> in the API.
        translate: asked about what is no fault of the input.
    """
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, (CursorInvalid, TextInvalid)):
        where: Literal["query", "body"] = "query" if isinstance(error, CursorInvalid) else "body"
        return invalid_input(str(error), where=where, name="cursor" if where == "query" else None)
    if isinstance(error, HTTPException):
        return _of_http(error, names or {})
    if isinstance(error, SerializationException):  # msgspec's own error is no input: something stored cannot be read
        return _of_body(str(error))
    if (known := translate(error)) is not None:
        return known
    return unavailable() if isinstance(error, _AWAY) else ProblemError(500)


def _of_http(error: HTTPException, names: Mapping[str, str]) -> ProblemError:
    status = error.status_code if error.status_code in TITLES else (400 if error.status_code < 500 else 500)  # noqa: PLR2004
    extra = error.extra
    if status == 400:  # noqa: PLR2004
        if isinstance(extra, list):
            return ProblemError(400, "The input is not valid.", issues=[_issue(item, names) for item in extra])
        return _of_body(str(error.detail))
    detail = None if status in {404, 405, 500} else error.detail
    return ProblemError(status, detail, headers=dict(error.headers or {}))


def _of_body(message: str) -> ProblemError:
    return ProblemError(400, "The input is not valid.", issues=[_issue({"message": message}, {})])


def _issue(item: Any, names: Mapping[str, str]) -> Issue:
    """One entry of Litestar's validation errors."""
    fields = item if isinstance(item, dict) else {"message": str(item)}
    message = str(fields.get("message", "not valid"))
    if message == "'data'":  # Litestar's words for a body that is not there
        return Issue(type=f"{BELGIF}input-validation:schemaViolation", where="body", detail="The body is missing.")
    unknown, place = _UNKNOWN_FIELD.search(message), _PLACE.search(message)
    name = place[1] if place else str(fields.get("key", ""))
    if unknown:
        name = f"{name}.{unknown[1]}" if place and name else unknown[1]
    source = getattr(fields.get("source"), "value", fields.get("source"))
    if source == "query":
        name = names.get(name, name)
    return Issue(
        type=f"{BELGIF}input-validation:{'unknownInput' if unknown else 'schemaViolation'}",
        where=_SOURCES.get(str(source), "body"),
        name=None if name in {"", "data"} else name,
        detail=_PLACE.sub("", message)[:300],
    )


async def give_back(_error: Exception, scope: Scope) -> None:
    """Close what `work` opened when another dependency refused after it (hook `after_exception`).

    Litestar throws an exception of the handler into generator dependencies, but forgets those that were begun when a
    dependency fails; without this the garbage collector would find the connection, too late and half-way.
    """
    opened = scope["state"].pop("opened", None)
    if opened is not None:
        await opened.aclose()


def handler(translate: Translate = _unknown) -> Callable[[Request[Any, Any, Any], Exception], Response[bytes]]:
    """The exception handler of an application."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        route = request.scope.get("route_handler")
        problem = problem_of(error, getattr(route, "opt", {}).get(NAMES), translate)
        if problem.status >= 500:  # noqa: PLR2004
            _log(request, error, problem.status)
        return Response(problem.body(), status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers)

    return handle


def _log(request: Request[Any, Any, Any], error: Exception, status: int) -> None:
    """The kind of error; its text, which may quote personal data, only of what nobody foresaw."""
    operation = getattr(request.scope.get("route_handler"), "operation_id", None)
    trace = request.scope.get("state", {}).get("trace")
    state = next((found for one in _chain(error) if (found := getattr(one, "sqlstate", None))), None)
    shown = {"exc_info": error} if status == 500 else {}  # noqa: PLR2004
    log.error("request_failed", error=type(error).__name__, sqlstate=state, operation=operation, trace=trace, **shown)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "orig", None) or seen.__cause__
