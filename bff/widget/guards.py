"""Guard of what is one's own."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.kit.problems import ProblemError

_OWN = "/own/"


async def own(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: what is one's own is for who is logged in, on a page of ours; `anybody` came before it.

    Raises:
        ProblemError: 401.
    """
    if getattr(handler, "http_methods", None) == {"OPTIONS"}:  # says the methods only
        return
    is_own = any(path.startswith(_OWN) for path in getattr(handler, "paths", ()))
    if is_own and connection.scope["user"] is None:
        raise ProblemError(401, "Log in.", standard="noAccessToken", headers={"WWW-Authenticate": "Session"})
